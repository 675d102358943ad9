"""What charity knows of one person: groups, the burden of each claim per year, and the aid suggested so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from libs.contracts import Event
from libs.contracts.charity import BurdenNoted, GroupsNoted, ReferralMade

KNOWN_COVERAGES = 10
KNOWN_YEARS = 3


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar year of service. `suggested` is keyed by programme; `claims` holds each claim's newest decision."""

    claims: Mapping[str, tuple[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    suggested: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    decisions: frozenset[str] = frozenset()

    @property
    def burden_fen(self) -> int:
        """What all payers have left to the person this year."""
        return sum(burden for _, burden in self.claims.values())


@dataclass(frozen=True, slots=True)
class Person:
    """One person's stream, folded."""

    person_id: str
    coverages: tuple[GroupsNoted, ...] = ()
    years: Mapping[int, Year] = field(default_factory=lambda: MappingProxyType({}))

    def year(self, year: int) -> Year:
        """The year so far; an empty one when nothing is known of it."""
        return self.years.get(year) or Year()

    def groups_on(self, day: date) -> frozenset[str]:
        """The groups that the coverages in force on a day name."""
        in_force = [cover for cover in self.coverages if cover.covered_from <= day <= cover.covered_to]
        return frozenset(group for cover in in_force for group in cover.groups)


def of_claim(person: Person, claim_id: str) -> Mapping[int, tuple[int, Mapping[str, int]]]:
    """By year of service: the claim's burden, and the aid suggested to the person in that year so far."""
    return {
        number: (year.claims[claim_id][1], year.suggested)
        for number, year in person.years.items()
        if claim_id in year.claims
    }


def initial(stream_id: str) -> Person:
    """The state of a person's stream before its first event."""
    return Person(person_id=stream_id.removeprefix("person-"))


def evolve(person: Person, event: Event) -> Person:
    """The state after `event`."""
    match event:
        case GroupsNoted():
            coverages = sorted((*person.coverages, event), key=lambda cover: cover.covered_from)
            return replace(person, coverages=tuple(coverages[-KNOWN_COVERAGES:]))
        case BurdenNoted():
            year = person.year(event.year)
            noted = replace(
                year,
                claims={**year.claims, event.claim_id: (event.decision_id, event.claim_burden_fen)},
                decisions=year.decisions | {event.decision_id},
            )
            return _with_year(person, event.year, noted)
        case ReferralMade():
            year = person.year(event.year)
            before = year.suggested.get(event.programme_id, 0)
            suggested = {**year.suggested, event.programme_id: before + event.suggested_aid_fen}
            return _with_year(person, event.year, replace(year, suggested=suggested))
        case _:
            raise AssertionError(f"not an event of charity: {type(event).__name__}")


def _with_year(person: Person, number: int, year: Year) -> Person:
    years = {**person.years, number: year}
    kept = sorted(years)[-KNOWN_YEARS:]
    return replace(person, years={known: years[known] for known in kept})
