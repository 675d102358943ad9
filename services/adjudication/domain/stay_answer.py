"""A planned stay is answered by the plan, as a claim would be; the answer moves when what it rests on moves."""

from collections.abc import Sequence
from typing import Literal

from pydantic import ValidationError

from libs.benefits import BenefitsError, Case, Evaluation, Plan, evaluate
from libs.contracts import Event
from libs.contracts.adjudication import ClaimOpened
from libs.contracts.preauthorisation import (
    PreauthorisationGranted,
    PreauthorisationPended,
    PreauthorisationRefused,
    ReservationConverted,
    StayWaits,
)
from libs.contracts.rulings import RuledFacts
from services.adjudication.domain.balances import sum_of, taken_between
from services.adjudication.domain.case import case_of
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.decision import inputs_digest
from services.adjudication.domain.engine import ENGINE
from services.adjudication.domain.kept import KeptCoverage
from services.adjudication.domain.loyalty import claim_free_years
from services.adjudication.domain.outcome import liabilities_of
from services.adjudication.domain.planned_stay import Answer, PlannedStay, same_answer
from services.adjudication.domain.readiness import readiness_of
from services.adjudication.domain.reserving import with_reserved, without_limits
from services.adjudication.domain.state import Person

_Code = Literal["coverage_unknown", "plan_unknown", "not_evaluable"]
_Owner = Literal["enrolment", "operator", "hospital"]


def next_answer(person: Person, stay: PlannedStay, around: Circumstances) -> Sequence[Event]:
    """The answer when it is another than the one that stands, or the word that the stay has become a claim."""
    if stay.ended is not None:
        return []
    claim_id = _become(person, stay, around)
    if claim_id is not None:
        return [] if stay.converted_by == claim_id else [_converted(stay, claim_id, around)]
    answer = _answer(person, stay, around)
    return [] if stay.converted_by is None and same_answer(stay.answer, answer) else [answer]


def _become(person: Person, stay: PlannedStay, around: Circumstances) -> str | None:
    """The claim that the stay has become: one that is decided, or is about to be in this settlement.

    While such a claim waits for its facts, the limits stay reserved. It is a question of facts alone, so that the order
    in which they came does not matter.
    """
    for claim_id in person.become_of(stay.request.preauthorisation_id):
        claim = person.claim(claim_id)
        if claim.withdrawn:
            continue
        ready = readiness_of(person, claim, around.plans)
        decides = not ready.arriving and (ready.denial is not None or not ready.reasons)
        if decides or claim.standing is not None:
            return claim_id
    return None


def _converted(stay: PlannedStay, claim_id: str, around: Circumstances) -> ReservationConverted:
    return ReservationConverted(
        person_id=stay.request.person_id,
        preauthorisation_id=stay.request.preauthorisation_id,
        claim_id=claim_id,
        converted_at=around.now,
    )


def _answer(person: Person, stay: PlannedStay, around: Circumstances) -> Answer:
    coverage = person.coverage_on(stay.request.visit.admitted_on)
    if coverage is None:
        return _pended(stay, "coverage_unknown", "enrolment", around)
    plan = around.plans.get(coverage.plan_id)
    if plan is None:
        return _pended(stay, "plan_unknown", "operator", around)
    try:
        case = _case(person, stay, coverage, plan)
        found = evaluate(plan, case)
        unlimited = evaluate(plan, case.model_copy(update={"used": without_limits(case.used)}))
    except (BenefitsError, ValidationError):
        return _pended(stay, "not_evaluable", "hospital", around)
    if _pays(found):
        return _granted(stay, coverage, plan, case, found, unlimited, around)
    return _refused(stay, coverage, plan, found, unlimited, around)


def _case(person: Person, stay: PlannedStay, coverage: KeptCoverage, plan: Plan) -> Case:
    request = stay.request
    opened = ClaimOpened(
        person_id=request.person_id,
        claim_id=request.preauthorisation_id,
        visit=request.visit,
        settlement=request.settlement,
        lines=request.lines,
        received_at=request.requested_at,
        answer_due_at=request.expires_at,
    )
    benefit_year = plan.benefit_year_start(request.visit.admitted_on).isoformat()
    by_claims = sum_of(
        decision.usage_taken
        for order, decision in person.adjudicated()
        if (decision.plan_id, decision.benefit_year) == (plan.id, benefit_year) and order < stay.place
    )
    used = with_reserved(person, by_claims, (plan.id, benefit_year), stay.place)
    return case_of(opened, coverage, claim_free_years(person, coverage), RuledFacts(), used, plan)


def _granted(
    stay: PlannedStay,
    coverage: KeptCoverage,
    plan: Plan,
    case: Case,
    found: Evaluation,
    unlimited: Evaluation,
    around: Circumstances,
) -> PreauthorisationGranted:
    return PreauthorisationGranted(
        person_id=stay.request.person_id,
        preauthorisation_id=stay.request.preauthorisation_id,
        number=stay.answers + 1,
        answered_at=around.now,
        extent="partly" if _pays(found) < _pays(unlimited) else "granted",
        coverage_id=coverage.coverage_id,
        plan_id=plan.id,
        plan_digest=plan.digest,
        engine_digest=ENGINE,
        benefit_year=plan.benefit_year_start(stay.request.visit.admitted_on).isoformat(),
        inputs_digest=inputs_digest(plan, case),
        plan_pays_fen=found.plan_pays_fen,
        cash_benefits_fen=_pays(found) - found.plan_pays_fen,
        patient_bears_fen=found.patient_bears_fen,
        without_limits_fen=_pays(unlimited),
        liabilities=liabilities_of(found),
        usage_reserved=taken_between(case.used, found.usage_after).model_dump(mode="json"),
    )


def _refused(
    stay: PlannedStay,
    coverage: KeptCoverage,
    plan: Plan,
    found: Evaluation,
    unlimited: Evaluation,
    around: Circumstances,
) -> PreauthorisationRefused:
    borne = any(outcome.deductible.taken_fen for outcome in found.liabilities)
    return PreauthorisationRefused(
        person_id=stay.request.person_id,
        preauthorisation_id=stay.request.preauthorisation_id,
        number=stay.answers + 1,
        answered_at=around.now,
        reason="limits_used" if _pays(unlimited) else "below_deductible" if borne else "nothing_payable",
        coverage_id=coverage.coverage_id,
        plan_id=plan.id,
        plan_digest=plan.digest,
        benefit_year=plan.benefit_year_start(stay.request.visit.admitted_on).isoformat(),
        patient_bears_fen=found.patient_bears_fen,
    )


def _pended(stay: PlannedStay, code: _Code, owner: _Owner, around: Circumstances) -> PreauthorisationPended:
    waits = StayWaits(code=code, owner=owner, since=around.now, due_at=stay.request.expires_at)
    return PreauthorisationPended(
        person_id=stay.request.person_id,
        preauthorisation_id=stay.request.preauthorisation_id,
        number=stay.answers + 1,
        answered_at=around.now,
        reasons=(waits,),
    )


def _pays(found: Evaluation) -> int:
    return found.plan_pays_fen + sum(paid.amount_fen for paid in found.cash_benefits)
