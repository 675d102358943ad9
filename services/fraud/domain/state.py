"""What fraud knows of one person: coverages, the claims of the last year or so, and their reviews."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts import ClaimEvent, Event
from libs.contracts.fraud import (
    ClaimFactsNoted,
    ClaimFactsWithdrawn,
    ClaimScored,
    CoverageStartNoted,
    RecordFactsNoted,
    ReviewConcluded,
    ReviewOpened,
)

FOLD_VERSION: Final = 1
"""Of `evolve` and of what a state holds. A snapshot of another version is not read: raise it with whatever changes what
the same events are folded to (`tests/contract/test_fold_versions.py` says when)."""

HISTORY_DAYS = 400
HISTORY_CLAIMS = 60
WAITING_CLAIMS = 200
KNOWN_COVERAGES = 10

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Claim(Struct, frozen=True):
    """A claim so far. A revision is scored once its facts and its records are both known; its review is its own."""

    facts: ClaimFactsNoted | None = None
    records: RecordFactsNoted | None = None
    scored: ClaimScored | None = None
    review: ReviewOpened | None = None
    concluded: ReviewConcluded | None = None
    withdrawn: bool = False

    @property
    def complete(self) -> bool:
        """True when the facts and the records of one revision are known, and the claim stands."""
        if self.withdrawn or self.facts is None or self.records is None:
            return False
        return self.facts.revision == self.records.revision

    @property
    def under_way(self) -> bool:
        """True while something about the claim is still to come."""
        return not self.withdrawn and (self.scored is None or self.under_review)

    @property
    def under_review(self) -> bool:
        """True while a person is to look at the claim."""
        return not self.withdrawn and self.review is not None and self.concluded is None


_UNHEARD_OF: Final = Claim()


class Person(Struct, frozen=True):
    """One person's stream, folded. `claims` is bounded, oldest discharge out first (see `_bounded`)."""

    person_id: str
    coverages: tuple[CoverageStartNoted, ...] = ()
    claims: Mapping[str, Claim] = _NONE

    def claim(self, claim_id: str) -> Claim:
        """What is known of a claim; an empty one when nothing is."""
        return self.claims.get(claim_id, _UNHEARD_OF)

    def coverage_on(self, day: date) -> CoverageStartNoted | None:
        """The coverage in force on a day; the one that began first when several are."""
        in_force = [cover for cover in self.coverages if cover.covered_from <= day <= cover.covered_to]
        return min(in_force, key=lambda cover: (cover.covered_from, cover.coverage_id), default=None)


def initial(stream_id: str) -> Person:
    """The state of a person's stream before its first event."""
    return Person(person_id=stream_id.removeprefix("person-"))


def evolve(person: Person, event: Event) -> Person:
    """The state after `event`."""
    match event:
        case CoverageStartNoted():
            coverages = sorted((*person.coverages, event), key=lambda cover: cover.covered_from)
            return replace(person, coverages=tuple(coverages[-KNOWN_COVERAGES:]))
        case (
            ClaimFactsNoted()
            | ClaimFactsWithdrawn()
            | RecordFactsNoted()
            | ClaimScored()
            | ReviewOpened()
            | ReviewConcluded()
        ):
            claims = {**person.claims, event.claim_id: _moved_on(person.claim(event.claim_id), event)}
            return replace(person, claims=_bounded(claims))
        case _:
            raise AssertionError(f"not an event of fraud: {type(event).__name__}")


def _moved_on(claim: Claim, event: ClaimEvent) -> Claim:
    match event:
        case ClaimFactsNoted():
            # What was said of an earlier revision counts no longer, but records may have come before these facts.
            return Claim(facts=event, records=claim.records)
        case ClaimFactsWithdrawn():
            return replace(claim, withdrawn=True)
        case RecordFactsNoted():
            return replace(claim, records=event)
        case ClaimScored():
            # Who asks for the features again reads the log: in memory they would double the history.
            return replace(claim, scored=event.model_copy(update={"features": {}, "reasons": ()}))
        case ReviewOpened():
            return replace(claim, review=event)
        case ReviewConcluded():
            return replace(claim, concluded=event)
        case _:
            raise AssertionError(f"not an event of a claim in fraud: {type(event).__name__}")


def _bounded(claims: Mapping[str, Claim]) -> Mapping[str, Claim]:
    """Forget claims that are done with and too old or too many to matter for a rule.

    The bound depends on nothing but the claims themselves, so a replay forgets the same.
    """
    if len(claims) <= 1:
        return claims
    # By newest discharge: a claim whose facts are not known yet counts as newest.
    ordered = sorted(claims.items(), key=lambda item: (_discharged_on(item[1]), item[0]), reverse=True)
    known = [_discharged_on(claim) for _, claim in ordered if claim.facts is not None]
    oldest = (known[0] if known else date.max) - timedelta(days=HISTORY_DAYS)
    kept: dict[str, Claim] = {}
    for place, (claim_id, claim) in enumerate(ordered):
        waits = claim.under_way and place < WAITING_CLAIMS
        if waits or (place < HISTORY_CLAIMS and _discharged_on(claim) >= oldest):
            kept[claim_id] = claim
    return kept


def _discharged_on(claim: Claim) -> date:
    return claim.facts.facts.visit.discharged_on if claim.facts is not None else date.max
