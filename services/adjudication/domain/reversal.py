"""Whether a decision still says the same, and the event that takes one back."""

from datetime import datetime

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied, ReversalReason
from services.adjudication.domain.kept import Standing


def same_outcome(one: Standing, other: Standing) -> bool:
    """Whether two decisions award and use the same, under the same coverage and clauses."""
    if isinstance(one, ClaimDenied) or isinstance(other, ClaimDenied):
        if not (isinstance(one, ClaimDenied) and isinstance(other, ClaimDenied)):
            return False
        return (one.reason, one.bearings) == (other.reason, other.bearings)
    return _outcome(one) == _outcome(other)


def _outcome(decision: ClaimAdjudicated) -> tuple[object, ...]:
    return (
        decision.coverage_id,
        decision.plan_id,
        decision.benefit_year,
        decision.service_date,
        decision.bearings,
        decision.liabilities,
        decision.cash_benefits_fen,
        decision.usage_taken,
        decision.pool_shares,
        decision.one_stop,
    )


def reverse(
    decision: Standing,
    reason: ReversalReason,
    now: datetime,
    *,
    replaced_by: str | None,
    caused_by: str | None,
) -> AdjudicationReversed:
    """The decision stands no longer; what it awarded and used is stated again, to be taken off."""
    paid = decision if isinstance(decision, ClaimAdjudicated) else None
    return AdjudicationReversed(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        decision_id=decision.decision_id,
        number=decision.number,
        replaced_by=replaced_by,
        reason=reason,
        caused_by_claim_id=caused_by if caused_by != decision.claim_id else None,
        hospital_id=decision.hospital_id,
        plan_id=decision.plan_id,
        benefit_year=paid.benefit_year if paid else None,
        plan_pays_fen=paid.plan_pays_fen if paid else 0,
        cash_benefits_fen=paid.cash_benefits_fen if paid else 0,
        usage_released=paid.usage_taken if paid else {},
        pool_shares=paid.pool_shares if paid else (),
        received_at=decision.received_at,
        reversed_at=now,
    )
