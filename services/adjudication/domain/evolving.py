"""What a person's events make of what is known of them: the fold of adjudication."""

from collections.abc import Mapping
from typing import Any, Final, TypeGuard, TypeVar, get_args

from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimDeadlinePassed,
    ClaimPended,
    ClaimWithdrawalNoted,
    CoverageEndNoted,
    DecisionConfirmed,
    ReviewNoted,
)
from libs.contracts.one_stop import (
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from libs.contracts.preauthorisation import PreauthorisationEvent
from libs.contracts.rulings import (
    AppealConcluded,
    AppealOpened,
    AppealOverdue,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)
from services.adjudication.domain.kept import (
    KeptCoverage,
    KeptRecords,
    KeptScore,
)
from services.adjudication.domain.noted import Noted, NotedDecision, NotedOpening, as_noted
from services.adjudication.domain.planned_stay import evolve_stay
from services.adjudication.domain.state import NOTHING, Claim, Person

K = TypeVar("K")
V = TypeVar("V")

FOLD_VERSION: Final = 1
"""Of `evolve` and of what a state holds. A snapshot of another version is not read: raise it with whatever changes what
the same events are folded to (`tests/contract/test_fold_versions.py` says when)."""

ClaimStep = (
    NotedOpening
    | NotedDecision
    | KeptRecords
    | KeptScore
    | ReviewNoted
    | ClaimWithdrawalNoted
    | ClaimPended
    | ClaimDeadlinePassed
    | AdjudicationReversed
    | DecisionConfirmed
)


ByPeople = RulingProposed | RulingApproved | RulingRejected | AppealOpened | AppealOverdue | AppealConcluded

OneStopStep = OneStopDifferenceFound | OneStopDifferenceEnded | OneStopDifferenceAnswered

_OF_A_CLAIM: Final = frozenset((*get_args(ClaimStep), *get_args(ByPeople), *get_args(OneStopStep)))


def evolve(person: Person, event: Event | Noted) -> Person:
    """The state after `event`, or after what was read of it."""
    noted = as_noted(event)
    if _is_of_a_claim(noted):
        moved_on = _moved_on(person.claim(noted.claim_id), noted)
        return replace(person, claims=_with(person.claims, noted.claim_id, moved_on))
    return _known_of(person, noted)


def _known_of(person: Person, event: Event | Noted) -> Person:
    match event:
        case KeptCoverage():
            return replace(person, coverages=_with(person.coverages, event.coverage_id, event))
        case CoverageEndNoted():
            ended = replace(person.coverages[event.coverage_id], covered_to=event.lapsed_on)
            return replace(person, coverages=_with(person.coverages, event.coverage_id, ended))
        case PreauthorisationEvent():
            stay_id = event.preauthorisation_id
            stay = evolve_stay(person.planned.get(stay_id), event)
            return replace(person, planned=_with(person.planned, stay_id, stay))
        case _:
            raise AssertionError(f"not an event of adjudication: {type(event).__name__}")


def _is_of_a_claim(event: Event | Noted) -> TypeGuard[ClaimStep | ByPeople | OneStopStep]:
    # Of the very type: pydantic's classes answer `isinstance` ten times as slowly.
    return type(event) in _OF_A_CLAIM


def _with(known: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    # Most are empty, and a read-only view of nothing is slow to copy: that was a tenth of a fold.
    return {**known, key: value} if known else {key: value}


def _without(items: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return {name: value for name, value in items.items() if name != key}


def _opened(claim: Claim, opened: NotedOpening) -> Claim:
    # A correction starts the wait anew; the decision on the revision before stands meanwhile.
    revision = opened.bill.revision
    return replace(
        claim,
        pended=(),
        deadline_passed=False,
        due_at=opened.answer_due_at,
        bill=opened.bill,
        centre_fen=claim.centre_fen if opened.centre_fen is None else opened.centre_fen,
        records=_since(revision, claim.records),
        scores=_since(revision, claim.scores),
        reviews=_since(revision, claim.reviews),
    )


def _since(revision: int, known: Mapping[int, V]) -> Mapping[int, V]:
    return {at: fact for at, fact in known.items() if at >= revision} if known else known


def _ruled(claim: Claim, event: ByPeople) -> Claim:
    match event:
        case RulingProposed():
            proposed_on = _with(claim.proposed_on, event.ruling_id, claim.revision)
            proposed = _with(claim.proposed, event.ruling_id, event)
            return replace(claim, proposed=proposed, proposed_on=proposed_on)
        case RulingApproved():
            ruling = claim.proposed[event.ruling_id]
            return replace(
                claim,
                ruling=None if ruling.outcome == "lift" else ruling,
                ruled_revision=claim.proposed_on[event.ruling_id],
                ruled_bill_up_to_fen=event.bill_up_to_fen,
                ruled_by=tuple(dict.fromkeys((ruling.proposed_by, event.approved_by))),
                proposed=_without(claim.proposed, event.ruling_id),
                approved=_with(claim.approved, event.ruling_id, ruling),
            )
        case RulingRejected():
            rejected = _with(claim.rejected, event.ruling_id, claim.proposed[event.ruling_id])
            return replace(claim, proposed=_without(claim.proposed, event.ruling_id), rejected=rejected)
        case AppealOpened():
            # Whoever ruled as things stand then is not who answers the appeal.
            rulers = _with(claim.appealed_rulers, event.appeal_id, claim.ruled_by)
            appeals = _with(claim.appeals, event.appeal_id, event)
            return replace(claim, appeals=appeals, appealed_rulers=rulers)
        case AppealOverdue():
            return replace(claim, appeals_overdue=claim.appeals_overdue | {event.appeal_id})
        case AppealConcluded():
            concluded = _with(claim.appeals_concluded, event.appeal_id, event.outcome)
            return replace(
                claim, appeals=_without(claim.appeals, event.appeal_id), appeals_concluded=concluded
            )


def _compared(claim: Claim, event: OneStopStep) -> Claim:
    match event:
        case OneStopDifferenceFound():
            return replace(claim, difference=event, difference_answer=None)
        case OneStopDifferenceEnded():
            return replace(claim, difference=None, difference_answer=None)
        case OneStopDifferenceAnswered():
            # In a fork the difference that was answered may never have been found.
            known = claim.difference
            is_of_it = known is not None and known.difference_id == event.difference_id
            return replace(claim, difference_answer=event) if is_of_it else claim


def _moved_on(claim: Claim, event: ClaimStep | ByPeople | OneStopStep) -> Claim:  # noqa: C901 - one flat case each
    match event:
        case NotedOpening():
            return _opened(claim, event)
        case NotedDecision():
            return _decided(claim, event)
        case KeptRecords():
            return replace(claim, records=_with(claim.records, event.revision, event))
        case KeptScore():
            return replace(claim, scores=_with(claim.scores, event.revision, event))
        case ReviewNoted():
            return replace(claim, reviews=_with(claim.reviews, event.revision, event))
        case ClaimWithdrawalNoted():
            return replace(claim, withdrawn=True, pended=(), due_at=None, proposed=NOTHING)
        case ClaimPended():
            return replace(claim, pended=event.reasons, due_at=event.due_at, deadline_passed=False)
        case ClaimDeadlinePassed():
            return replace(claim, deadline_passed=True)
        case AdjudicationReversed():
            return replace(claim, decided=None)
        case DecisionConfirmed():
            return replace(
                _settled(claim), settled_revision=event.revision, settled_with_records=event.with_records
            )
        case (
            RulingProposed()
            | RulingApproved()
            | RulingRejected()
            | AppealOpened()
            | AppealOverdue()
            | AppealConcluded()
        ):
            return _ruled(claim, event)
        case OneStopDifferenceFound() | OneStopDifferenceEnded() | OneStopDifferenceAnswered():
            return _compared(claim, event)


def _decided(claim: Claim, decision: NotedDecision) -> Claim:
    return replace(
        _settled(claim),
        bill=claim.bill.decided if claim.bill else None,
        decided=decision.decided,
        decisions=decision.number,
        settled_revision=claim.revision,
        settled_with_records=not decision.without_records,
    )


def _settled(claim: Claim) -> Claim:
    return replace(claim, settled_order=claim.bill.order if claim.bill else None, pended=(), due_at=None)
