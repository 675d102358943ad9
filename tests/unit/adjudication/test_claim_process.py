"""A claim's process: what it waits for, in whatever order it comes, and when it gives up waiting."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from libs.contracts import Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDeadlinePassed,
    ClaimPended,
    CoverageNoted,
)
from services.adjudication.domain.commands import Heard, PassDeadline
from tests.unit.adjudication.heard_events import (
    NOW,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    covered,
    lapsed,
    registered,
    reviewed,
    scored,
)
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

_FACTS: list[Heard] = [covered(), registered(), attached(), scored()]
ORDERS = list(permutations(_FACTS))


def _without_moment(decision: Event) -> dict[str, object]:
    return decision.model_dump(exclude={"decided_at"})


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(type(one).__name__ for one in order))
def test_whatever_order_the_facts_come_in_the_one_decision_is_the_same(order: tuple[Heard, ...]) -> None:
    reference = ToldPerson()
    reference.hears(covered(), registered(), attached(), scored())
    told = ToldPerson()
    told.hears(*order)
    assert [_without_moment(d) for d in told.decisions()] == [
        _without_moment(d) for d in reference.decisions()
    ]
    assert told.adjudicated().plan_pays_fen == 48_000 * YUAN
    assert told.adjudicated().without_records is False


@pytest.mark.parametrize("repeated", [covered(), registered(), attached(), scored(), reviewed("legitimate")])
def test_hearing_something_again_changes_nothing(repeated: Heard) -> None:
    told = ToldPerson()
    for heard in (covered(), registered(), attached()):
        told.hears(heard)
    told.hears(repeated)
    assert told.hears(repeated) == []
    told.hears(scored())
    assert told.hears(repeated) == []
    assert len(told.decisions()) == 1


def test_a_claim_without_coverage_waits_for_its_facts_before_it_pends() -> None:
    told = ToldPerson()
    told.hears(registered(), scored())
    assert told.pended_for() == []
    told.hears(attached())
    assert told.pended_for() == [["coverage_unknown"]]
    assert told.all(ClaimPended)[0].reasons[0].owner == "enrolment"


def test_a_coverage_that_arrives_later_resolves_every_claim_that_waits_for_it() -> None:
    told = ToldPerson()
    for claim_id in ("c1", "c2"):
        told.hears(registered(claim_id), attached(claim_id), scored(claim_id))
    events = told.hears(covered())
    decided = [event.claim_id for event in events if isinstance(event, ClaimAdjudicated)]
    assert decided == ["c1", "c2"]


def test_a_claim_under_review_is_decided_by_the_reviewer() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored(outcome="review", score=900))
    assert told.pended_for() == [["fraud_review"]]
    told.hears(reviewed("legitimate"))
    assert told.adjudicated().plan_pays_fen == 48_000 * YUAN


def test_a_later_score_replaces_an_earlier_one_of_an_open_claim() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored(outcome="review", score=900))
    assert told.hears(scored(outcome="clear", score=100, scored_at=NOW - timedelta(seconds=1))) == []
    told.hears(scored(outcome="clear", score=100, scored_at=NOW + timedelta(seconds=1)))
    assert len(told.decisions()) == 1


def test_a_fraudulent_claim_is_denied_and_the_patient_keeps_what_is_left() -> None:
    told = ToldPerson()
    told.hears(
        covered(), registered(), attached(), scored(outcome="review", score=900), reviewed("fraudulent")
    )
    denied = told.denied()
    assert denied.reason == "fraudulent"
    assert denied.coverage_id == "cov-1"
    assert {bearing.bearer: bearing.amount_fen for bearing in denied.bearings} == {
        "basic": 120_000 * YUAN,
        "patient": 80_000 * YUAN,
    }


def test_a_stay_after_the_persons_death_is_denied() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(deceased_on=date(2026, 2, 9)), scored())
    assert told.denied().reason == "after_death"


def test_death_during_the_stay_is_no_reason_to_deny() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(deceased_on=date(2026, 2, 18)), scored())
    assert told.adjudicated().plan_pays_fen == 48_000 * YUAN


def test_amounts_that_differ_from_the_bureaus_pend_and_are_denied_when_nobody_corrects_them() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(settlement_matches=False), scored())
    assert told.pended_for() == [["settlement_differs"]]
    told.clock_rings()
    assert told.denied().reason == "settlement_differs"
    assert told.denied().plan_id == "demo-generic"


def test_a_plan_nobody_knows_waits_for_an_operator_however_long() -> None:
    told = ToldPerson()
    told.hears(covered(plan_id="not-a-plan"), registered(), attached(), scored())
    told.clock_rings()
    told.clock_rings()
    assert told.pended_for() == [["plan_unknown"]] * 3
    assert told.decisions() == []


def test_past_its_deadline_a_claim_is_decided_without_the_bureaus_records() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), scored())
    assert told.decisions() == []
    told.clock_rings()
    assert told.adjudicated().without_records is True
    assert told.adjudicated().decided_at == told.now


def test_past_its_deadline_a_claim_without_a_score_pends_and_waits_for_it() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached())
    told.clock_rings()
    told.clock_rings()
    assert told.pended_for() == [["score_missing"], ["score_missing"]]
    told.hears(scored())
    assert told.adjudicated().without_records is False


def test_a_person_who_turns_out_not_to_be_covered_is_denied_when_the_time_to_enrol_is_over() -> None:
    told = ToldPerson()
    told.hears(registered(), attached(), scored())
    told.clock_rings()
    assert told.denied().reason == "no_coverage"
    assert told.denied().plan_id is None
    # A coverage that was on its way all the time makes good what the wait had cost.
    told.hears(covered())
    assert [type(event) for event in told.log[-3:]] == [CoverageNoted, AdjudicationReversed, ClaimAdjudicated]
    assert told.adjudicated().supersedes == told.denied().decision_id


def test_the_deadline_counts_from_when_the_claim_is_heard_of() -> None:
    told = ToldPerson()
    told.now = NOW + timedelta(hours=5)
    told.hears(covered(), registered(received_at=NOW))
    assert told.person.claim("c1").due_at == told.now + CLOCKS.answer


def test_a_clock_that_rings_twice_or_for_a_time_that_no_longer_counts_is_ignored() -> None:
    told = ToldPerson()
    told.hears(registered(), attached())
    due_at = told.person.claim("c1").due_at
    assert due_at is not None
    told.clock_rings()
    assert told.does(PassDeadline("c1", due_at, told.now + timedelta(days=1), CLOCKS)) == []
    assert told.does(PassDeadline("c1", told.now, told.now, CLOCKS)) == []
    assert len(told.all(ClaimDeadlinePassed)) == 1


def test_a_clock_does_not_ring_early() -> None:
    told = ToldPerson()
    told.hears(registered())
    due_at = told.person.claim("c1").due_at
    assert due_at is not None
    assert told.does(PassDeadline("c1", due_at, due_at - timedelta(seconds=1), CLOCKS)) == []


def test_a_coverage_that_has_lapsed_before_the_stay_does_not_count() -> None:
    told = ToldPerson()
    told.hears(covered(), lapsed(date(2026, 2, 9)), registered(), attached(), scored())
    assert told.pended_for() == [["coverage_unknown"]]


def test_a_lapse_that_is_heard_late_lets_the_older_coverage_count() -> None:
    told = ToldPerson()
    newer = covered(coverage_id="cov-2", plan_id="not-a-plan", covered_from=date(2026, 2, 1))
    told.hears(covered(), newer, registered(), attached(), scored())
    assert told.pended_for() == [["plan_unknown"]]
    told.hears(lapsed(date(2026, 2, 5), "cov-2"))
    assert told.adjudicated().coverage_id == "cov-1"


def test_a_lapse_never_makes_a_coverage_longer() -> None:
    told = ToldPerson()
    told.hears(covered())
    assert told.hears(lapsed(date(2027, 6, 30))) == []
    assert told.hears(lapsed(date(2026, 1, 31), "unheard-of")) == []


def test_two_claims_of_a_year_share_the_deductible() -> None:
    told = ToldPerson()
    bill = a_settlement(total_fen=26_000 * YUAN, self_funded_fen=0, pool_fen=20_000 * YUAN)
    told.hears(covered())
    for claim_id in ("c1", "c2"):
        told.hears(registered(claim_id, settlement=bill), attached(claim_id), scored(claim_id))
    # 6,000 of each reach the plan: of the second, 2,000 lie above the year's deductible of 10,000.
    assert told.adjudicated("c1").plan_pays_fen == 0
    assert told.adjudicated("c2").plan_pays_fen == 2_000 * YUAN


def test_claims_of_two_benefit_years_have_a_deductible_each() -> None:
    told = ToldPerson()
    bill = a_settlement(total_fen=26_000 * YUAN, self_funded_fen=0, pool_fen=20_000 * YUAN)
    told.hears(covered(covered_from=date(2025, 1, 1)))
    for claim_id, year in (("c1", 2025), ("c2", 2026)):
        visit = a_visit(admitted_on=date(year, 5, 1), discharged_on=date(year, 5, 9))
        told.hears(registered(claim_id, settlement=bill, visit=visit), attached(claim_id), scored(claim_id))
    assert [told.adjudicated(claim_id).plan_pays_fen for claim_id in ("c1", "c2")] == [0, 0]
    assert {decision.benefit_year for _, decision in told.person.adjudicated()} == {
        "2025-01-01",
        "2026-01-01",
    }
