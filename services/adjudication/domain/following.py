"""What follows once facts of a person are noted: which of their claims have to be looked at, and why."""

from collections.abc import Container, Sequence
from typing import Final

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
from libs.contracts.preauthorisation import PreauthorisationEvent
from libs.contracts.rulings import (
    AppealConcluded,
    AppealOpened,
    AppealOverdue,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.planned_stay import PlannedStay
from services.adjudication.domain.settling import settle
from services.adjudication.domain.state import Claim, Person

_MOVE_NO_CLAIM: Final = (
    RulingProposed,
    RulingRejected,
    AppealOpened,
    AppealOverdue,
    AppealConcluded,
    OneStopDifferenceAnswered,
    PreauthorisationEvent,
)
"""Of what is noted: no claim is looked at because of it. Planned stays are touched, and may move claims then."""


def what_follows(person: Person, noted: Sequence[Event], around: Circumstances) -> Sequence[Event]:
    """What is decided, reversed, confirmed or pended once these facts are noted.

    The facts of a person's log, noted again one after the other, lead to the decisions again: a replay needs no more.
    """
    if not noted:
        return []
    before = person.planned
    for event in noted:
        person = evolve(person, event)
    touched = _touched(person, noted)
    stays = {
        stay_id: before.get(stay_id, stay)
        for stay_id, stay in person.planned.items()
        if _is_touched(stay, noted, touched, person)
    }
    return settle(person, touched, around, stays)


def _is_touched(stay: PlannedStay, noted: Sequence[Event], touched: Container[str], person: Person) -> bool:
    """Something was said of the stay itself, of any coverage, or of a claim that it has become or may become."""
    stay_id = stay.request.preauthorisation_id
    return (
        any(isinstance(event, CoverageNoted | CoverageEndNoted) for event in noted)
        or any(
            isinstance(event, PreauthorisationEvent) and event.preauthorisation_id == stay_id
            for event in noted
        )
        or stay.converted_by in touched
        or any(claim_id in touched for claim_id in person.become_of(stay_id))
    )


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
            case _ if isinstance(event, _MOVE_NO_CLAIM):
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
