"""From a claim in the national fields to a case of the plan language."""

from libs.benefits import Bill, BillLine, Case, Member, Plan, Usage
from libs.benefits.case import Category
from libs.benefits.case import Visit as PlanVisit
from libs.contracts.adjudication import ClaimOpened
from libs.contracts.rulings import RuledFacts
from libs.contracts.settlement import ChargeCategory, FeeLine, Settlement, Visit
from services.adjudication.domain.kept import KeptCoverage
from services.adjudication.domain.state import NOTHING_RULED

_VISITS: dict[str, PlanVisit] = {
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "chronic_outpatient": "chronic",
    "special_drug": "special_drug",
    "pharmacy": "special_drug",
}
_CATEGORIES: dict[ChargeCategory, Category] = {
    "bed": "bed",
    "consultation": "service",
    "examination": "exam",
    "laboratory": "lab",
    "treatment": "treatment",
    "surgery": "surgery",
    "nursing": "nursing",
    "material": "material",
    "western_drug": "drug",
    "patent_drug": "drug",
    "herbal_drug": "herb",
    "general_consultation": "service",
    "registration": "service",
    "other": "other",
}


def case_of(
    opened: ClaimOpened,
    coverage: KeptCoverage,
    claim_free_years: int,
    ruled: RuledFacts,
    used: Usage,
    plan: Plan,
) -> Case:
    """The case that the plan evaluates: the person's status as frozen at enrolment, the bill, the year's balances.

    `claim_free_years` is as the claims say, which may be fewer than enrolment knew; `ruled` is what people found.
    """
    member, bill = _member(opened.visit, coverage, claim_free_years, plan), _bill(opened)
    if ruled is not NOTHING_RULED:
        member, bill = _as_ruled(member, bill, ruled)
    return Case.made({"member": member, "bills": (bill,), "used": used})


def _as_ruled(member: Member, bill: Bill, ruled: RuledFacts) -> tuple[Member, Bill]:
    found = {
        name: value
        for name in ("related_to_pre_existing", "filed", "tags")
        if (value := getattr(ruled, name)) is not None
    }
    if ruled.pre_existing is not None:
        member = member.model_copy(update={"pre_existing": ruled.pre_existing})
    return member, bill.model_copy(update=found)


def paid_by_layer(settlement: Settlement) -> dict[str, int]:
    """What the layers below bore, by the plan language's names; only those that bore something."""
    paid = {
        "basic": settlement.pool_fen,
        "civil_servant": settlement.civil_servant_fen,
        "enterprise": settlement.enterprise_fen,
        "critical_illness": settlement.resident_critical_illness_fen,
        "large_amount": settlement.employee_large_amount_fen,
        "assistance": settlement.assistance_fen,
        "other": settlement.other_fund_fen,
        "hospital": settlement.hospital_borne_fen,
    }
    return {name: amount_fen for name, amount_fen in paid.items() if amount_fen}


# What follows is of contracts that have checked their fields, so only the bill as a whole is checked again.


def _member(visit: Visit, coverage: KeptCoverage, claim_free_years: int, plan: Plan) -> Member:
    return Member.made(
        {
            "scheme": coverage.scheme,
            "pre_existing": coverage.pre_existing,
            "pre_existing_classes": coverage.pre_existing_classes,
            "continuous_years": coverage.continuous_years,
            "claim_free_years": claim_free_years,
            "groups": coverage.groups,
            "tier": coverage.tier if coverage.tier in plan.tiers else None,
            "age": visit.age_years,
            "cover_start": coverage.covered_from,
            "critical_illness_threshold_fen": None,
        }
    )


def _bill(opened: ClaimOpened) -> Bill:
    """Raises pydantic's ValidationError when the settlement contradicts itself."""
    visit, settlement = opened.visit, opened.settlement
    bill = Bill.made(
        {
            "id": opened.claim_id,
            "visit": _VISITS[visit.kind],
            "service_date": visit.admitted_on,
            "admission_date": visit.admitted_on,
            "discharge_date": visit.discharged_on,
            "place": "local" if visit.place == "local" else "out_of_town",
            "filed": visit.place != "out_of_town_unfiled",
            "settled": visit.settled,
            "hospital_grade": visit.hospital_grade or None,
            "public_hospital": None,
            "ordinary_ward": None,
            "related_to_pre_existing": None,
            "total_fen": settlement.total_fen,
            "first_pay_fen": settlement.first_pay_fen,
            "over_limit_fen": settlement.over_limit_fen,
            "self_funded_fen": settlement.self_funded_fen,
            "in_scope_fen": settlement.in_scope_fen,
            "paid_fen": paid_by_layer(settlement),
            "lines": tuple([_line(line, visit.hospital_id) for line in opened.lines]),
            "lists": (),
            "tags": (),
        }
    )
    return bill.checked()


def _line(line: FeeLine, hospital_id: str) -> BillLine:
    return BillLine.made(
        {
            "category": _CATEGORIES[line.category],
            "amount_fen": line.amount_fen,
            "first_pay_fen": line.first_pay_fen,
            "over_limit_fen": line.over_limit_fen,
            "self_funded_fen": line.self_funded_fen,
            "code": line.code,
            "name": line.name,
            "lists": (),
            "indication": None,
            "site": hospital_id,
            "service_date": None,
            "quantity": max(1, line.quantity_milli // 1_000),
        }
    )
