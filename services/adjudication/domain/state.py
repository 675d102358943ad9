"""What adjudication knows of one person: coverages, claims under way and decided, balances per benefit year."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType

from libs.benefits import Usage
from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimDeadlinePassed,
    ClaimDenied,
    ClaimOpened,
    ClaimPended,
    CoverageEndNoted,
    CoverageNoted,
    PendReason,
    RecordsNoted,
    ReviewNoted,
    ScoreNoted,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim's process so far. `decision_id` is set once it is decided."""

    opened: ClaimOpened | None
    records: RecordsNoted | None = None
    score: ScoreNoted | None = None
    review: ReviewNoted | None = None
    pended: tuple[PendReason, ...] = ()
    deadline_passed: bool = False
    due_at: datetime | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person's stream, folded. `usage` is keyed by (plan id, first day of the benefit year)."""

    person_id: str
    coverages: Mapping[str, CoverageNoted] = field(default_factory=lambda: MappingProxyType({}))
    claims: Mapping[str, Claim] = field(default_factory=lambda: MappingProxyType({}))
    usage: Mapping[tuple[str, str], Usage] = field(default_factory=lambda: MappingProxyType({}))

    def coverage_on(self, day: date) -> CoverageNoted | None:
        """The coverage in force on a day; the one that began last when several are."""
        in_force = [
            cover for cover in self.coverages.values() if cover.covered_from <= day <= cover.covered_to
        ]
        return max(in_force, key=lambda cover: (cover.covered_from, cover.coverage_id), default=None)

    def claim(self, claim_id: str) -> Claim:
        """The claim's process; an empty one when nothing of it is known yet."""
        return self.claims.get(claim_id) or Claim(opened=None)


def initial(stream_id: str) -> Person:
    """The state of a person's stream before its first event."""
    return Person(person_id=stream_id.removeprefix("person-"))


def evolve(person: Person, event: Event) -> Person:
    """The state after `event`."""
    match event:
        case CoverageNoted():
            return replace(person, coverages={**person.coverages, event.coverage_id: event})
        case CoverageEndNoted():
            ended = person.coverages[event.coverage_id].model_copy(update={"covered_to": event.lapsed_on})
            return replace(person, coverages={**person.coverages, event.coverage_id: ended})
        case ClaimAdjudicated():
            usage = Usage.model_validate(event.usage_after)
            decided = _with_claim(person, event.claim_id, _decided(person, event.claim_id, event.decision_id))
            return replace(decided, usage={**person.usage, (str(event.plan_id), event.benefit_year): usage})
        case ClaimDenied():
            return _with_claim(person, event.claim_id, _decided(person, event.claim_id, event.decision_id))
        case (
            ClaimOpened()
            | RecordsNoted()
            | ScoreNoted()
            | ReviewNoted()
            | ClaimPended()
            | ClaimDeadlinePassed()
        ):
            return _with_claim(person, event.claim_id, _moved_on(person.claim(event.claim_id), event))
        case _:
            raise AssertionError(f"not an event of adjudication: {type(event).__name__}")


def _moved_on(
    claim: Claim,
    event: ClaimOpened | RecordsNoted | ScoreNoted | ReviewNoted | ClaimPended | ClaimDeadlinePassed,
) -> Claim:
    match event:
        case ClaimOpened():
            return replace(claim, opened=event, due_at=event.answer_due_at)
        case RecordsNoted():
            return replace(claim, records=event)
        case ScoreNoted():
            return replace(claim, score=event)
        case ReviewNoted():
            return replace(claim, review=event)
        case ClaimPended():
            return replace(claim, pended=event.reasons, due_at=event.due_at, deadline_passed=False)
        case ClaimDeadlinePassed():
            return replace(claim, deadline_passed=True)


def _decided(person: Person, claim_id: str, decision_id: str) -> Claim:
    """A decided claim needs its bill no more: the balances and the log have what later decisions ask for."""
    return replace(person.claim(claim_id), opened=None, decision_id=decision_id, pended=(), due_at=None)


def _with_claim(person: Person, claim_id: str, claim: Claim) -> Person:
    return replace(person, claims={**person.claims, claim_id: claim})
