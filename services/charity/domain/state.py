"""What charity knows of one person: groups, the burden of each claim per year, and the aid suggested so far."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.charity import (
    BurdenNoted,
    BurdenWithdrawn,
    GroupsNoted,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
)

FOLD_VERSION: Final = 1
"""Of `evolve` and of what a state holds. A snapshot of another version is not read: raise it with whatever changes what
the same events are folded to (`tests/contract/test_fold_versions.py` says when)."""

KNOWN_COVERAGES = 10
KNOWN_YEARS = 3

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Referral(Struct, frozen=True):
    """What a programme was asked for, and what of it still holds."""

    referral_id: str
    programme_id: str
    claim_id: str
    suggested_fen: int


class Year(Struct, frozen=True):
    """A calendar year of service. `claims` holds each claim's newest decision; `referrals` are in their order."""

    claims: Mapping[str, tuple[str, int]] = _NONE
    referrals: Mapping[str, Referral] = _NONE
    decisions: frozenset[str] = frozenset()

    @property
    def burden_fen(self) -> int:
        """What all payers have left to the person this year."""
        return sum(burden for _, burden in self.claims.values())

    @property
    def suggested_fen(self) -> Mapping[str, int]:
        """The aid that is asked for, by programme."""
        sums: dict[str, int] = {}
        for referral in self.referrals.values():
            sums[referral.programme_id] = sums.get(referral.programme_id, 0) + referral.suggested_fen
        return sums


class Person(Struct, frozen=True):
    """One person's stream, folded."""

    person_id: str
    coverages: tuple[GroupsNoted, ...] = ()
    years: Mapping[int, Year] = _NONE

    def year(self, year: int) -> Year:
        """The year so far; an empty one when nothing is known of it."""
        return self.years.get(year) or Year()

    def groups_on(self, day: date) -> frozenset[str]:
        """The groups that the coverages in force on a day name."""
        in_force = [cover for cover in self.coverages if cover.covered_from <= day <= cover.covered_to]
        return frozenset(group for cover in in_force for group in cover.groups)


def of_claim(person: Person, claim_id: str) -> Mapping[int, Mapping[str, object]]:
    """By year of service: the claim's burden, and the aid suggested to the person in that year so far."""
    return {
        number: {"claim_burden_fen": year.claims[claim_id][1], "suggested_of_year_fen": year.suggested_fen}
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
        case BurdenWithdrawn():
            year = person.year(event.year)
            claims = {claim: noted for claim, noted in year.claims.items() if claim != event.claim_id}
            return _with_year(person, event.year, replace(year, claims=claims))
        case ReferralMade() | ReferralRevised():
            return _with_referral(person, event)
        case ReferralWithdrawn():
            year = person.year(event.year)
            left = {key: known for key, known in year.referrals.items() if key != event.referral_id}
            return _with_year(person, event.year, replace(year, referrals=left))
        case _:
            raise AssertionError(f"not an event of charity: {type(event).__name__}")


def _with_referral(person: Person, event: ReferralMade | ReferralRevised) -> Person:
    year = person.year(event.year)
    referral = Referral(event.referral_id, event.programme_id, event.claim_id, event.suggested_aid_fen)
    return _with_year(
        person, event.year, replace(year, referrals={**year.referrals, event.referral_id: referral})
    )


def _with_year(person: Person, number: int, year: Year) -> Person:
    years = {**person.years, number: year}
    kept = sorted(years)[-KNOWN_YEARS:]
    return replace(person, years={known: years[known] for known in kept})
