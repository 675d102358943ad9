"""Where the insurance centre's amounts and our evaluation differ: found with the decision, ended when they agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from libs.benefits import Plan, Usage, evaluate
from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated, ReversalReason
from libs.contracts.one_stop import (
    ComparedLiability,
    DifferenceCause,
    OneStopAmounts,
    OneStopDecided,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from services.adjudication.domain.decision import PlanBook, case_for
from services.adjudication.domain.kept import Standing
from services.adjudication.domain.one_stop import decided_by_whom
from services.adjudication.domain.state import Claim, Person

_DIFFERENCES = UUID("8f1d4b02-6a6e-4c0b-9d52-3f7e91a2c5d8")
EndReason = Literal["amounts_agree", "another_difference", "claim_corrected", "claim_withdrawn"]


@dataclass(frozen=True, slots=True)
class _Difference:
    """What differs; two decisions with the same differ in the same way."""

    taken: Literal["centre", "own", "none"]
    centre_fen: int
    own_fen: int
    tolerance_fen: int
    mode: str
    reference: str
    liabilities: tuple[ComparedLiability, ...]
    causes: tuple[DifferenceCause, ...]


@dataclass(frozen=True, slots=True)
class _Unmatched:
    """What is said of a claim without a decision; the fields are a decision's."""

    person_id: str
    claim_id: str
    hospital_id: str
    plan_id: str | None
    decision_id: None = None


def follow_difference(
    person: Person, claim: Claim, decision: Standing, reason: ReversalReason, plans: PlanBook, now: datetime
) -> Sequence[Event]:
    """What follows for the operator's list once `decision` stands; `person` is as it was decided in.

    A difference that stays the same stays the same event, and with it what a person has answered.
    """
    found = _difference_of(person, claim, decision, plans)
    return _followed(claim, found, decision, now, corrected=reason == "claim_corrected")


def follow_unmatched(person: Person, claim: Claim, now: datetime) -> Sequence[Event]:
    """The centre's amounts fit no plan of the person: the claim waits, and somebody has to look at both."""
    assert claim.bill is not None, "a claim that was evaluated has a bill"
    opened = claim.bill.opened()
    assert opened.one_stop is not None, "no amounts of the centre, none that fit no plan"
    coverage = person.coverage_on(claim.bill.admitted_on)
    found = _nothing_decided(opened.one_stop, "unmatched")
    about = _Unmatched(
        person.person_id, opened.claim_id, opened.visit.hospital_id, coverage.plan_id if coverage else None
    )
    return _followed(claim, found, about, now, corrected=False)


def _followed(
    claim: Claim,
    found: _Difference | None,
    about: Standing | _Unmatched,
    now: datetime,
    *,
    corrected: bool,
) -> Sequence[Event]:
    known = claim.difference
    if known is not None and found is not None and _same(known, found):
        return []
    events: list[Event] = []
    if known is not None:
        because: EndReason = "another_difference" if found is not None else "amounts_agree"
        # A claim that was not decided yet is not decided anew for being corrected.
        if corrected or _feeds_another(claim, known):
            because = "claim_corrected"
        events.append(_ended(known, because, now))
    if found is not None:
        events.append(_found(about, found, claim, now))
    return events


def _feeds_another(claim: Claim, known: OneStopDifferenceFound) -> bool:
    assert claim.bill is not None, "a difference is of a bill"
    fed = claim.bill.opened().one_stop
    said = (fed.total_fen, fed.reference, fed.mode) if fed is not None else None
    return said != (known.centre_fen, known.reference, known.mode)


def end_with_claim(claim: Claim, now: datetime) -> list[Event]:
    """The claim is withdrawn: the centre has undone its settlement, too."""
    return [] if claim.difference is None else [_ended(claim.difference, "claim_withdrawn", now)]


def _difference_of(person: Person, claim: Claim, decision: Standing, plans: PlanBook) -> _Difference | None:
    if isinstance(decision, ClaimAdjudicated):
        if decision.one_stop is None:
            return None
        plan = plans[str(decision.plan_id)]
        return _of_amounts(person, claim, decision.one_stop, plan)
    assert claim.bill is not None, "a denied claim has a bill"
    amounts = claim.bill.opened().one_stop
    if amounts is None or amounts.total_fen == 0:
        return None
    return _nothing_decided(amounts, "denied")


def _nothing_decided(amounts: OneStopAmounts, because: DifferenceCause) -> _Difference:
    return _Difference("none", amounts.total_fen, 0, 0, amounts.mode, amounts.reference, (), (because,))


def _of_amounts(person: Person, claim: Claim, decided: OneStopDecided, plan: Plan) -> _Difference | None:
    tolerance_fen = plan.one_stop.tolerance_fen if plan.one_stop is not None else 0
    # Where neither pays and the centre stated nothing, nothing was settled that could be wrong.
    compared = decided.liabilities if decided.taken == "centre" or decided.own_fen else ()
    if all(_apart_fen(each) <= tolerance_fen for each in compared):
        return None
    causes: tuple[DifferenceCause, ...] = ("fed_nothing",)
    if decided.taken == "centre":
        beyond = [each for each in compared if _apart_fen(each) > tolerance_fen]
        causes = tuple(dict.fromkeys([*_earlier_claims(person, claim, plan), *map(_cause, beyond)]))
    return _Difference(
        decided.taken,
        decided.centre_fen,
        decided.own_fen,
        tolerance_fen,
        decided.mode,
        decided.reference,
        decided.liabilities,
        causes,
    )


def _earlier_claims(person: Person, claim: Claim, plan: Plan) -> Iterator[DifferenceCause]:
    """The usual reason: on untouched balances ours would be the centre's, which did not know of earlier claims."""
    assert claim.bill is not None
    opened = claim.bill.opened()
    coverage = person.coverage_on(claim.bill.admitted_on)
    if coverage is None or opened.one_stop is None:
        return
    case = case_for(person, claim, opened, coverage, plan)
    if case.used == Usage():
        return
    alone = decided_by_whom(plan, opened.one_stop, evaluate(plan, case.model_copy(update={"used": Usage()})))
    if all(_apart_fen(each) == 0 for each in alone.liabilities):
        yield "earlier_claims"


def _cause(each: ComparedLiability) -> DifferenceCause:
    if not (each.own_pays_fen or each.own_deductible_fen):
        return "only_the_centre_pays"
    if not (each.centre_pays_fen or each.centre_deductible_fen):
        return "only_the_plan_pays"
    return "deductible" if each.centre_deductible_fen != each.own_deductible_fen else "payment"


def _apart_fen(each: ComparedLiability) -> int:
    return max(
        abs(each.centre_pays_fen - each.own_pays_fen),
        abs(each.centre_deductible_fen - each.own_deductible_fen),
    )


def _same(known: OneStopDifferenceFound, found: _Difference) -> bool:
    if "none" in (known.taken, found.taken) and known.causes != found.causes:
        return False
    return (known.taken, known.centre_fen, known.own_fen, known.mode, known.reference, known.liabilities) == (
        found.taken,
        found.centre_fen,
        found.own_fen,
        found.mode,
        found.reference,
        found.liabilities,
    )


def _found(
    about: Standing | _Unmatched, found: _Difference, claim: Claim, now: datetime
) -> OneStopDifferenceFound:
    # A denied claim may keep its decision through a correction of what the centre settled.
    name = f"{about.decision_id or about.claim_id}/{claim.revision}"
    return OneStopDifferenceFound.model_validate(
        {
            "person_id": about.person_id,
            "claim_id": about.claim_id,
            "difference_id": str(uuid5(_DIFFERENCES, name)),
            "decision_id": about.decision_id,
            "plan_id": about.plan_id,
            "hospital_id": about.hospital_id,
            "mode": found.mode,
            "reference": found.reference,
            "taken": found.taken,
            "centre_fen": found.centre_fen,
            "own_fen": found.own_fen,
            "tolerance_fen": found.tolerance_fen,
            "liabilities": found.liabilities,
            "causes": found.causes,
            "found_at": now,
        }
    )


def _ended(known: OneStopDifferenceFound, reason: EndReason, now: datetime) -> OneStopDifferenceEnded:
    return OneStopDifferenceEnded(
        person_id=known.person_id,
        claim_id=known.claim_id,
        difference_id=known.difference_id,
        reason=reason,
        ended_at=now,
    )
