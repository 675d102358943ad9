"""What follows once facts of a person are noted: which of their claims have to be looked at, and why."""

from collections.abc import Sequence

from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimDeadlinePassed,
    ClaimOpened,
    ClaimWithdrawalNoted,
    CoverageEndNoted,
    CoverageNoted,
    RecordsNoted,
    ReversalReason,
    ReviewNoted,
    ScoreNoted,
)
from libs.contracts.one_stop import OneStopDifferenceAnswered
from libs.contracts.rulings import (
    AppealConcluded,
    AppealOpened,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)
from services.adjudication.domain.settling import Circumstances, settle
from services.adjudication.domain.state import Claim, Person, evolve

_MOVES_NOTHING = (
    RulingProposed,
    RulingRejected,
    AppealOpened,
    AppealConcluded,
    OneStopDifferenceAnswered,
)


def what_follows(person: Person, noted: Sequence[Event], around: Circumstances) -> Sequence[Event]:
    """What is decided, reversed, confirmed or pended once these facts are noted.

    The facts of a person's log, noted again one after the other, lead to the decisions again: a replay needs no more.
    """
    if not noted:
        return []
    for event in noted:
        person = evolve(person, event)
    return settle(person, _touched(person, noted), around)


def _touched(person: Person, noted: Sequence[Event]) -> dict[str, ReversalReason]:
    touched: dict[str, ReversalReason] = {}
    for event in noted:
        match event:
            case CoverageNoted() | CoverageEndNoted():
                touched |= dict.fromkeys(_of_another_coverage(person), "coverage_changed")
            case ClaimOpened():
                touched[event.claim_id] = "claim_corrected"
            case ClaimWithdrawalNoted():
                touched[event.claim_id] = "claim_withdrawn"
            case RecordsNoted():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "records_changed"
            case ScoreNoted() | ReviewNoted():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "review_concluded"
            case ClaimDeadlinePassed():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "deadline_passed"
            case RulingApproved():
                touched[event.claim_id] = _ruled(person, event)
            case _ if isinstance(event, _MOVES_NOTHING):
                continue
            case _:
                raise AssertionError(f"not a fact: {type(event).__name__}")
    return touched


def _of_another_coverage(person: Person) -> list[str]:
    """The claims that a change of coverages concerns. What a coverage says besides its end never changes, so claims
    that are settled under the one they would be settled under now are not evaluated again: a dialysis patient brings
    300 of them a year."""
    return [
        claim_id
        for claim_id, claim in person.claims.items()
        if not (
            claim.is_settled and claim.standing and claim.standing.coverage_id == _covered_by(person, claim)
        )
    ]


def _covered_by(person: Person, claim: Claim) -> str | None:
    coverage = person.coverage_on(claim.bill.admitted_on) if claim.bill else None
    return coverage.coverage_id if coverage else None


def _corrected(person: Person, claim_id: str) -> ReversalReason | None:
    """A decision on an earlier revision falls because of the correction, whichever fact completes it."""
    claim = person.claim(claim_id)
    return "claim_corrected" if claim.standing and claim.settled_revision != claim.revision else None


def _ruled(person: Person, approved: RulingApproved) -> ReversalReason:
    ruling = person.claim(approved.claim_id).approved[approved.ruling_id]
    return "appeal_upheld" if ruling.appeal_id is not None else "decided_by_person"
