"""Which part of a person's fork is nothing but plans over bills: that part may be evaluated by column.

Everything else (scores, reviews, denials, withdrawals, order of service) is as the facts left it and does not look at
a plan's terms; where it could, the person is relived by the engine.
"""

from dataclasses import dataclass

from libs.benefits import Bill, Member, Usage
from libs.contracts.adjudication import ClaimAdjudicated
from services.adjudication.domain.case import case_of
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.loyalty import claim_free_years
from services.adjudication.domain.state import Claim, Person


@dataclass(frozen=True, slots=True)
class CountedBill:
    """A claim that a plan is evaluated for."""

    claim_id: str
    member: Member
    bill: Bill


Years = dict[tuple[str, str], list[CountedBill]]
"""Bills by (plan id, first day of the benefit year), in the order of service."""


def counted_bills(person: Person, plans: PlanBook, changed: frozenset[str]) -> Years | None:
    """The bills that plans with other terms count.

    `person` as recorded, `plans` as in the fork, `changed` the plans whose terms differ. None: the engine has to
    relive the person, because a claim waits, the insurance centre settled one, or a year's payments change the terms of
    another year.
    """
    if person.planned:
        return None  # Reservations limit what is paid, and are answered by the engine.
    years: Years = {}
    for (admitted_on, _, _), claim_id in person.in_order_of_service():
        claim = person.claim(claim_id)
        coverage = person.coverage_on(admitted_on)
        if coverage is None or coverage.plan_id not in changed:
            continue
        if not _is_settled(claim):
            return None
        if not isinstance(claim.standing, ClaimAdjudicated):
            continue
        assert claim.bill is not None
        opened = claim.bill.opened()
        if opened.one_stop is not None:
            return None
        plan = plans[coverage.plan_id]
        free = claim_free_years(person, coverage)
        case = case_of(opened, coverage, free, claim.ruled, Usage(), plan)
        key = (plan.id, plan.benefit_year_start(admitted_on).isoformat())
        years.setdefault(key, []).append(CountedBill(claim_id, case.member, case.bills[0]))
    if _looks_across_years(person, years):
        return None
    return years


def _is_settled(claim: Claim) -> bool:
    """Nothing of it waits: what stands was decided on its newest bill."""
    if claim.withdrawn:
        return claim.standing is None
    return claim.standing is not None and not claim.pended and claim.settled_revision == claim.revision


def _looks_across_years(person: Person, years: Years) -> bool:
    """Claim-free years look at what any plan paid before: of one coverage there is no before."""
    enrolled_as_free = any(coverage.claim_free_years for coverage in person.coverages.values())
    return enrolled_as_free and bool(years) and len(person.coverages) > 1
