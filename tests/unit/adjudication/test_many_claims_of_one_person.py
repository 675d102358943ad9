"""A dialysis patient brings 300 claims a year: what does not concern a claim does not evaluate it again."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from libs.benefits import Plan
from libs.contracts.adjudication import ClaimDenied
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    a_visit,
    attached,
    covered,
    lapsed,
    registered,
    scored,
)
from tests.unit.adjudication.told_person import PLANS, ToldPerson


class CountedPlans(Mapping[str, Plan]):
    """The plans, counting how often one is evaluated."""

    def __init__(self) -> None:
        self.evaluated = 0

    def __getitem__(self, plan_id: str) -> Plan:
        self.evaluated += 1
        return PLANS[plan_id]

    def __contains__(self, plan_id: object) -> bool:
        return plan_id in PLANS

    def __iter__(self) -> Iterator[str]:
        return iter(PLANS)

    def __len__(self) -> int:
        return len(PLANS)


def dialysed(plans: CountedPlans, sessions: int = 30) -> ToldPerson:
    """A session a day from New Year's Day on."""
    told = ToldPerson(plans=plans)
    told.hears(covered())
    for n in range(sessions):
        day = date(2026, 1, 1) + timedelta(days=n)
        visit = a_visit(admitted_on=day, discharged_on=day)
        bill = a_settlement(9_000 * YUAN, 200 * YUAN, 4_000 * YUAN)
        told.hears(registered(f"c{n:03}", visit=visit, settlement=bill), attached(f"c{n:03}"))
        told.hears(scored(f"c{n:03}"))
    return told


def test_claims_that_come_in_order_are_each_evaluated_once() -> None:
    plans = CountedPlans()
    dialysed(plans)
    assert plans.evaluated == 30


def test_next_years_coverage_evaluates_no_claim_of_this_year() -> None:
    plans = CountedPlans()
    told = dialysed(plans)
    told.hears(
        covered(coverage_id="cov-2", covered_from=date(2027, 1, 1), covered_to=date(2027, 12, 31)),
    )
    assert plans.evaluated == 30


def test_a_lapse_concerns_the_claims_after_it_and_those_alone() -> None:
    plans = CountedPlans()
    told = dialysed(plans)
    told.hears(lapsed(date(2026, 1, 20)))
    assert plans.evaluated == 30
    waiting = [claim_id for claim_id, claim in told.person.claims.items() if claim.pended]
    assert waiting == [f"c{n:03}" for n in range(20, 30)]
    for claim_id in waiting:
        told.clock_rings(claim_id)
    assert [d.claim_id for d in told.decisions() if isinstance(d, ClaimDenied)] == waiting
