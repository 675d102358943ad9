"""A claim's decision: what the plan pays, who bears every other fen of the bill, and under which clause."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import orjson

from libs.benefits import Case, Evaluation, Plan, Usage, evaluate
from libs.contracts.adjudication import (
    Bearer,
    Bearing,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    CoverageNoted,
    LiabilityOutcome,
)
from libs.contracts.settlement import Settlement
from services.adjudication.domain.case import case_of, paid_by_layer
from services.adjudication.domain.receipt import recorded_explanation
from services.adjudication.domain.state import Person

PlanBook = Mapping[str, Plan]
DenialReason = Literal["no_coverage", "fraudulent", "after_death", "settlement_differs"]

_DECISIONS = UUID("5f0f9a3c-52f1-4d0e-9f57-5b1f0a7f8d11")

_LAYERS: dict[str, tuple[Bearer, str]] = {
    "basic": ("basic", "hifp_pay 统筹基金"),
    "civil_servant": ("basic", "cvlserv_pay 公务员补助"),
    "enterprise": ("other_fund", "hifes_pay 企业补充"),
    "critical_illness": ("critical_illness", "hifmi_pay 居民大病"),
    "large_amount": ("critical_illness", "hifob_pay 职工大额"),
    "assistance": ("assistance", "maf_pay 医疗救助"),
    "other": ("other_fund", "oth_pay 其他支出"),
    "hospital": ("hospital", "hosp_part_amt 医院负担"),
}


def adjudicate(
    person: Person,
    opened: ClaimOpened,
    coverage: CoverageNoted,
    plan: Plan,
    now: datetime,
    *,
    without_records: bool,
) -> ClaimAdjudicated:
    """Evaluate the plan for the claim on top of what the benefit year already used."""
    benefit_year = plan.benefit_year_start(opened.visit.admitted_on).isoformat()
    used = person.usage.get((plan.id, benefit_year), Usage())
    case = case_of(opened, coverage, used, plan)
    found = evaluate(plan, case)
    return ClaimAdjudicated(
        person_id=person.person_id,
        claim_id=opened.claim_id,
        decision_id=decision_id(opened.claim_id, 1),
        hospital_id=opened.visit.hospital_id,
        coverage_id=coverage.coverage_id,
        plan_id=plan.id,
        service_date=opened.visit.admitted_on,
        bill_fen=opened.settlement.total_fen,
        bearings=_bearings(opened.settlement, plan, found),
        decided_at=now,
        received_at=opened.received_at,
        plan_digest=plan.digest,
        benefit_year=benefit_year,
        inputs_digest=inputs_digest(plan, case),
        plan_pays_fen=found.plan_pays_fen,
        cash_benefits_fen=sum(paid.amount_fen for paid in found.cash_benefits),
        patient_bears_fen=found.patient_bears_fen,
        liabilities=_liabilities(found),
        usage_after=found.usage_after.model_dump(mode="json"),
        explanation=recorded_explanation(found.explanation),
        without_records=without_records,
    )


def deny(
    person: Person, opened: ClaimOpened, coverage: CoverageNoted | None, reason: DenialReason, now: datetime
) -> ClaimDenied:
    """The plan bears nothing: the patient keeps what the layers below have left."""
    below = [_layer_bearing(name, fen) for name, fen in paid_by_layer(opened.settlement).items()]
    rest = opened.settlement.total_fen - sum(bearing.amount_fen for bearing in below)
    return ClaimDenied(
        person_id=person.person_id,
        claim_id=opened.claim_id,
        decision_id=decision_id(opened.claim_id, 1),
        hospital_id=opened.visit.hospital_id,
        coverage_id=coverage.coverage_id if coverage else None,
        plan_id=coverage.plan_id if coverage else None,
        service_date=opened.visit.admitted_on,
        bill_fen=opened.settlement.total_fen,
        bearings=(*below, Bearing(bearer="patient", amount_fen=rest, clause=f"denied: {reason}")),
        decided_at=now,
        received_at=opened.received_at,
        reason=reason,
    )


def decision_id(claim_id: str, number: int) -> str:
    """The id of a claim's n-th decision: derived, so that deciding again after a crash decides the same."""
    return str(uuid5(_DECISIONS, f"{claim_id}/{number}"))


def inputs_digest(plan: Plan, case: Case) -> str:
    """SHA-256 over the plan's digest and the case's canonical JSON (keys sorted)."""
    canonical = orjson.dumps(case.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(plan.digest.encode() + b"\n" + canonical).hexdigest()


def _bearings(settlement: Settlement, plan: Plan, found: Evaluation) -> tuple[Bearing, ...]:
    """Layers below, the plan by liability, layers after it with what it left them, and the patient by reason."""
    after_left = sum(bill.after_fen for bill in found.bills)
    bearings = []
    for name, amount_fen in paid_by_layer(settlement).items():
        borne = amount_fen
        if name in plan.payers.after:
            borne = min(amount_fen, after_left)
            after_left -= borne
        bearings.append(_layer_bearing(name, borne))
    clauses = {liability.id: f"{liability.clause} {liability.name.zh}" for liability in plan.liabilities}
    bearings += [
        Bearing(bearer="plan", amount_fen=paid, clause=clauses[liability_id])
        for liability_id, paid in found.paid_by_liability.items()
        if paid
    ]
    bearings += [
        Bearing(
            bearer="patient",
            amount_fen=part.amount_fen,
            clause=_patient_clause(part.reason, part.liability_id),
        )
        for part in found.patient_share
        if part.amount_fen
    ]
    return tuple(bearings)


def _patient_clause(reason: str, liability_id: str | None) -> str:
    return reason if liability_id is None else f"{liability_id}: {reason}"


def _layer_bearing(name: str, amount_fen: int) -> Bearing:
    bearer, clause = _LAYERS[name]
    return Bearing(bearer=bearer, amount_fen=amount_fen, clause=clause)


def _liabilities(found: Evaluation) -> tuple[LiabilityOutcome, ...]:
    return tuple(
        LiabilityOutcome(
            liability_id=outcome.liability_id,
            base_fen=outcome.base_fen,
            deductible_fen=outcome.deductible.taken_fen,
            paid_fen=outcome.paid_fen,
        )
        for outcome in found.liabilities
    )
