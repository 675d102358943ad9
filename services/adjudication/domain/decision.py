"""A claim's decision: what the plan pays, who bears every other fen of the bill, and under which clause."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Literal
from uuid import UUID

import orjson

from libs.benefits import Case, Plan, Usage, evaluate
from libs.benefits.pool import pool_shares
from libs.contracts.adjudication import (
    Bearing,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    PoolShare,
)
from libs.contracts.derived_ids import derived_id
from services.adjudication.domain.balances import sum_of
from services.adjudication.domain.bearings import layer_bearing
from services.adjudication.domain.case import case_of, paid_by_layer
from services.adjudication.domain.engine import ENGINE
from services.adjudication.domain.kept import KeptCoverage
from services.adjudication.domain.loyalty import claim_free_years
from services.adjudication.domain.one_stop import check_still_stated
from services.adjudication.domain.outcome import Outcome, outcome_of
from services.adjudication.domain.receipt import recorded_explanation
from services.adjudication.domain.reserving import Year, with_reserved_limits
from services.adjudication.domain.state import Claim, Person

PlanBook = Mapping[str, Plan]
DenialReason = Literal["no_coverage", "fraudulent", "after_death", "settlement_differs", "ruled"]

# The parts of a case are models without aliases or dumped forms of their own: their attributes are their JSON.
_FIELDS = attrgetter("__dict__")
_DECISIONS = UUID("5f0f9a3c-52f1-4d0e-9f57-5b1f0a7f8d11").bytes


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision is made on beside the plan's terms: the bill, and the claim's decision before."""

    opened: ClaimOpened
    number: int
    supersedes: str | None

    @property
    def decision_id(self) -> str:
        return decision_id(self.opened.claim_id, self.number)


def basis_of(claim: Claim) -> Basis:
    """The claim's bill and what its next decision will be called."""
    assert claim.bill is not None, "a claim without a bill is not ready"
    supersedes = claim.standing.decision_id if claim.standing else None
    return Basis(claim.bill.opened(), claim.decisions + 1, supersedes)


def used_before(person: Person, claim: Claim, plan_id: str, benefit_year: str) -> Usage:
    """What the claims before this one, in the order of service, have used of the year's balances."""
    assert claim.bill is not None
    return sum_of(
        decision.usage_taken
        for order, decision in person.adjudicated()
        if (decision.plan_id, decision.benefit_year) == (plan_id, benefit_year) and order < claim.bill.order
    )


def case_for(person: Person, claim: Claim, opened: ClaimOpened, coverage: KeptCoverage, plan: Plan) -> Case:
    """What is evaluated for the claim, in the person's state."""
    benefit_year = plan.benefit_year_start(opened.visit.admitted_on).isoformat()
    assert claim.bill is not None, "a claim that is evaluated has a bill"
    used = used_before(person, claim, plan.id, benefit_year)
    own = claim.bill.preauthorisation_id
    used = with_reserved_limits(person, used, (plan.id, benefit_year), claim.bill.order, own)
    return case_of(opened, coverage, claim_free_years(person, coverage), claim.ruled, used, plan)


def adjudicate(
    person: Person,
    claim: Claim,
    coverage: KeptCoverage,
    plan: Plan,
    now: datetime,
) -> ClaimAdjudicated:
    """Evaluate the plan for the claim on top of what the benefit year's earlier claims have used.

    What the insurance centre has settled of it is taken, with our evaluation beside it.
    """
    basis = basis_of(claim)
    opened = basis.opened
    check_still_stated(opened, claim.centre_fen)
    benefit_year = plan.benefit_year_start(opened.visit.admitted_on).isoformat()
    case = case_for(person, claim, opened, coverage, plan)
    found = evaluate(plan, case)
    cash_fen = sum(paid.amount_fen for paid in found.cash_benefits)
    outcome = outcome_of(opened, plan, found)
    records, _, _ = claim.facts
    return ClaimAdjudicated(
        person_id=person.person_id,
        claim_id=opened.claim_id,
        decision_id=basis.decision_id,
        number=basis.number,
        supersedes=basis.supersedes,
        hospital_id=opened.visit.hospital_id,
        coverage_id=coverage.coverage_id,
        plan_id=plan.id,
        service_date=opened.visit.admitted_on,
        bill_fen=opened.settlement.total_fen,
        bearings=outcome.bearings,
        decided_at=now,
        received_at=opened.received_at,
        engine_digest=ENGINE,
        plan_digest=plan.digest,
        benefit_year=benefit_year,
        inputs_digest=inputs_digest(plan, case),
        plan_pays_fen=outcome.plan_pays_fen,
        cash_benefits_fen=cash_fen,
        patient_bears_fen=outcome.patient_bears_fen,
        liabilities=outcome.liabilities,
        usage_after=_usage_after(person, claim, outcome, (plan.id, benefit_year)).model_dump(mode="json"),
        usage_taken=outcome.usage_taken.model_dump(mode="json"),
        pool_shares=_pool_shares(plan, opened.visit.admitted_on, outcome.plan_pays_fen + cash_fen),
        explanation=recorded_explanation(outcome.explanation),
        without_records=records is None or not records.available,
        settled_at_desk_fen=outcome.settled_at_desk_fen,
        one_stop=outcome.one_stop,
    )


def _usage_after(person: Person, claim: Claim, outcome: Outcome, year: Year) -> Usage:
    """The balances that claims have used; what planned stays reserve has limited this one and is not used."""
    if not person.planned:
        return outcome.usage_after
    by_claims = used_before(person, claim, *year)
    return sum_of([by_claims.model_dump(mode="json"), outcome.usage_taken.model_dump(mode="json")])


def deny(
    person: Person, claim: Claim, coverage: KeptCoverage | None, reason: DenialReason, now: datetime
) -> ClaimDenied:
    """The plan bears nothing: the patient keeps what the layers below have left."""
    basis = basis_of(claim)
    opened = basis.opened
    below = [layer_bearing(name, fen) for name, fen in paid_by_layer(opened.settlement).items()]
    rest = opened.settlement.total_fen - sum(bearing.amount_fen for bearing in below)
    return ClaimDenied(
        person_id=person.person_id,
        claim_id=opened.claim_id,
        decision_id=basis.decision_id,
        number=basis.number,
        supersedes=basis.supersedes,
        hospital_id=opened.visit.hospital_id,
        coverage_id=coverage.coverage_id if coverage else None,
        plan_id=coverage.plan_id if coverage else None,
        service_date=opened.visit.admitted_on,
        bill_fen=opened.settlement.total_fen,
        bearings=(*below, Bearing(bearer="patient", amount_fen=rest, clause=f"denied: {reason}")),
        decided_at=now,
        received_at=opened.received_at,
        engine_digest=ENGINE,
        reason=reason,
    )


def decision_id(claim_id: str, number: int) -> str:
    """The id of a claim's n-th decision: derived, so that deciding again after a crash decides the same."""
    return derived_id(_DECISIONS, f"{claim_id}/{number}")


def inputs_digest(plan: Plan, case: Case) -> str:
    """SHA-256 over the plan's digest and the case's canonical JSON (keys sorted)."""
    canonical = orjson.dumps(case, default=_FIELDS, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(plan.digest.encode() + b"\n" + canonical).hexdigest()


def _pool_shares(plan: Plan, service_date: date, amount_fen: int) -> tuple[PoolShare, ...]:
    return tuple(
        PoolShare(insurer=part.insurer, share_bp=part.share_bp, amount_fen=part.amount_fen)
        for part in pool_shares(plan, service_date, amount_fen)
    )
