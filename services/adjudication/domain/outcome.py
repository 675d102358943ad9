"""What a claim comes to: by our own evaluation, or by what the insurance centre has settled of it."""

import msgspec

from libs.benefits import Evaluation, Plan, Usage
from libs.benefits.node import Node
from libs.contracts.adjudication import Bearing, ClaimOpened, LiabilityOutcome
from libs.contracts.one_stop import OneStopDecided
from services.adjudication.domain.balances import taken_between
from services.adjudication.domain.bearings import bearings_of, bearings_taken
from services.adjudication.domain.one_stop import decided_by_whom, outcomes_taken, usage_after, usage_taken
from services.adjudication.domain.one_stop_explained import explanation_taken


class Outcome(msgspec.Struct, frozen=True):
    """A decision's amounts; bearings and explanation add up to the bill."""

    plan_pays_fen: int
    patient_bears_fen: int
    bearings: tuple[Bearing, ...]
    liabilities: tuple[LiabilityOutcome, ...]
    usage_taken: Usage
    usage_after: Usage
    explanation: Node
    settled_at_desk_fen: int = 0
    one_stop: OneStopDecided | None = None


def outcome_of(opened: ClaimOpened, plan: Plan, found: Evaluation) -> Outcome:
    """The claim's amounts. Raises OneStopUnusable when the centre's amounts are of another plan."""
    if opened.one_stop is None:
        return _evaluated(opened, plan, found, None)
    decided = decided_by_whom(plan, opened.one_stop, found)
    if decided.taken == "own":
        return _evaluated(opened, plan, found, decided)
    bearings = bearings_taken(opened.settlement, plan, found, decided)
    patient_fen = sum(part.amount_fen for part in bearings if part.bearer == "patient")
    taken = usage_taken(plan, found, decided)
    return Outcome(
        plan_pays_fen=decided.centre_fen,
        patient_bears_fen=patient_fen,
        bearings=bearings,
        liabilities=outcomes_taken(plan, found, decided),
        usage_taken=taken,
        usage_after=usage_after(found, taken),
        explanation=explanation_taken(plan, found, decided, patient_fen),
        settled_at_desk_fen=decided.centre_fen,
        one_stop=decided,
    )


def liabilities_of(found: Evaluation) -> tuple[LiabilityOutcome, ...]:
    """Our own evaluation's liabilities, as decisions and answers state them."""
    return tuple(
        LiabilityOutcome(
            liability_id=outcome.liability_id,
            base_fen=outcome.base_fen,
            deductible_fen=outcome.deductible.taken_fen,
            paid_fen=outcome.paid_fen,
        )
        for outcome in found.liabilities
    )


def _evaluated(opened: ClaimOpened, plan: Plan, found: Evaluation, decided: OneStopDecided | None) -> Outcome:
    return Outcome(
        plan_pays_fen=found.plan_pays_fen,
        patient_bears_fen=found.patient_bears_fen,
        bearings=bearings_of(opened.settlement, plan, found),
        liabilities=liabilities_of(found),
        usage_taken=taken_between(found.case.used, found.usage_after),
        usage_after=found.usage_after,
        explanation=found.explanation,
        one_stop=decided,
    )
