"""What the insurance centre has settled is taken; our evaluation stands beside it, and differences are listed."""

from typing import Any

import pytest

from libs.conservation.facts import _explained
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimPended
from libs.contracts.one_stop import (
    OneStopAmounts,
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from libs.testing.submissions import one_stop_amounts
from services.adjudication.domain.commands import AnswerDifference
from services.adjudication.domain.fork import Happened, Rule, relive
from services.adjudication.domain.recomputing import PersonReplay
from services.adjudication.domain.reversal import same_outcome
from services.adjudication.domain.state import initial
from services.adjudication.errors import DifferenceUnknown
from tests.unit.adjudication.heard_events import (
    PERSON,
    YUAN,
    a_settlement,
    attached,
    corrected,
    covered,
    registered,
    reviewed,
    scored,
    withdrawn,
)
from tests.unit.adjudication.told_person import CLOCKS, PLANS, ToldPerson

# What the example plan pays for 200,000 of which 30,000 are outside the catalogue and basic insurance paid 120,000:
# 50,000 in the catalogue less 10,000 of deductible, and 80 % of what 30,000 outside it exceed 20,000 by.
IN, OUT = ("SBNYL", 10_000 * YUAN, 40_000 * YUAN), ("SBWYL", 20_000 * YUAN, 8_000 * YUAN)
AGREED = one_stop_amounts(IN, OUT)
LESS = one_stop_amounts(("SBNYL", 12_000 * YUAN, 38_000 * YUAN), OUT)


def told(amounts: OneStopAmounts | None, claim_id: str = "c1", **fields: Any) -> ToldPerson:
    """A covered person with one decided claim."""
    person = ToldPerson()
    person.hears(covered())
    return files(person, amounts, claim_id, **fields)


def files(person: ToldPerson, amounts: OneStopAmounts | None, claim_id: str, **fields: Any) -> ToldPerson:
    person.hears(registered(claim_id, one_stop=amounts, **fields), attached(claim_id), scored(claim_id))
    return person


def answer(person: ToldPerson, outcome: Any, reason: Any, difference_id: str | None = None) -> list[Any]:
    known = person.person.claim("c1").difference
    if difference_id is None:
        assert known is not None
        difference_id = known.difference_id
    command = AnswerDifference("c1", difference_id, outcome, reason, "examiner-01", person.now, CLOCKS)
    return person.does(command)


def test_amounts_that_agree_are_taken_and_nobody_has_to_look() -> None:
    person = told(AGREED)
    decision = person.adjudicated()
    own = told(None).adjudicated()
    assert decision.plan_pays_fen == decision.settled_at_desk_fen == own.plan_pays_fen == 48_000 * YUAN
    assert (decision.usage_taken, decision.patient_bears_fen) == (own.usage_taken, own.patient_bears_fen)
    assert decision.one_stop is not None
    assert (decision.one_stop.taken, decision.one_stop.own_fen) == ("centre", 48_000 * YUAN)
    assert person.all(OneStopDifferenceFound) == []
    assert (own.settled_at_desk_fen, own.one_stop) == (0, None)


def test_what_the_centre_settled_is_decided_and_the_difference_is_for_an_operator() -> None:
    person = told(LESS)
    decision = person.adjudicated()
    assert (decision.plan_pays_fen, decision.settled_at_desk_fen) == (46_000 * YUAN, 46_000 * YUAN)
    assert decision.usage_taken["liabilities"]["in_catalogue"] == {  # type: ignore[index,call-overload]
        "base_fen": 50_000 * YUAN,
        "deductible_fen": 12_000 * YUAN,
        "paid_fen": 38_000 * YUAN,
    }
    (found,) = person.all(OneStopDifferenceFound)
    assert (found.centre_fen, found.own_fen, found.causes) == (46_000 * YUAN, 48_000 * YUAN, ("deductible",))
    assert found.decision_id == decision.decision_id
    assert [(each.centre_pays_fen, each.own_pays_fen) for each in found.liabilities] == [
        (38_000 * YUAN, 40_000 * YUAN),
        (8_000 * YUAN, 8_000 * YUAN),
    ]


@pytest.mark.parametrize(
    "amounts", [AGREED, LESS, one_stop_amounts(IN), one_stop_amounts(("SBNYL", 0, 79_999 * YUAN))]
)
def test_every_fen_has_a_bearer_and_the_explanation_adds_up(amounts: OneStopAmounts) -> None:
    decision = told(amounts).adjudicated()
    assert sum(part.amount_fen for part in decision.bearings) == decision.bill_fen
    borne = sum(part.amount_fen for part in decision.bearings if part.bearer == "patient")
    assert borne == decision.patient_bears_fen
    assert all("取自医保中心" in part.clause for part in decision.bearings if part.bearer == "plan")
    explained = _explained(decision.explanation)
    assert explained.faults == ()
    assert (explained.total_fen, explained.plan_fen) == (decision.bill_fen, amounts.total_fen)
    assert sum(share.amount_fen for share in decision.pool_shares) == amounts.total_fen


def test_less_than_evaluated_is_said_in_the_patients_part() -> None:
    clauses = {part.clause: part.amount_fen for part in told(LESS).adjudicated().bearings}
    assert clauses["one_stop: less than evaluated"] == 2_000 * YUAN


def test_when_the_centre_fed_nothing_our_own_result_is_the_fallback_and_is_paid() -> None:
    person = told(one_stop_amounts())
    decision = person.adjudicated()
    assert (decision.plan_pays_fen, decision.settled_at_desk_fen) == (48_000 * YUAN, 0)
    assert decision.one_stop is not None
    assert decision.one_stop.taken == "own"
    (found,) = person.all(OneStopDifferenceFound)
    assert (found.taken, found.causes) == ("own", ("fed_nothing",))


def test_the_next_claim_stands_on_the_deductible_that_the_centre_took() -> None:
    small = a_settlement(8_000 * YUAN, 0, 0)
    person = told(one_stop_amounts(("SBNYL", 4_000 * YUAN, 0)), settlement=small)
    files(person, None, "c2", settlement=small)
    # 10,000 of deductible less the 4,000 that the centre counted (8,000 by our own evaluation).
    assert person.adjudicated("c2").plan_pays_fen == 2_000 * YUAN


def test_a_late_claim_before_it_changes_our_evaluation_and_says_so() -> None:
    person = told(AGREED)
    earlier = {"admitted_on": "2026-01-10", "discharged_on": "2026-01-12"}
    visit = registered().visit.model_copy(update={}).model_dump() | earlier
    files(person, None, "c0", visit=visit, settlement=a_settlement(8_000 * YUAN, 0, 0))
    assert person.adjudicated("c1").plan_pays_fen == 48_000 * YUAN
    (found,) = person.all(OneStopDifferenceFound)
    assert (found.claim_id, found.own_fen) == ("c1", 56_000 * YUAN)
    assert found.causes == ("earlier_claims", "deductible")
    assert person.all(AdjudicationReversed)[-1].reason == "balances_changed"
    person.hears(withdrawn("c0"))
    assert [event.reason for event in person.all(OneStopDifferenceEnded)] == ["amounts_agree"]
    assert person.person.claim("c1").difference is None


def test_a_tolerance_of_the_plan_is_data() -> None:
    plan = PLANS["demo-generic"]
    assert plan.one_stop is not None
    lenient = plan.model_copy(
        update={"one_stop": plan.one_stop.model_copy(update={"tolerance_fen": 2_000 * YUAN})}
    )
    person = ToldPerson(plans={plan.id: lenient})
    person.hears(covered())
    files(person, LESS, "c1")
    assert person.all(OneStopDifferenceFound) == []
    assert person.adjudicated().plan_pays_fen == 46_000 * YUAN


def test_an_answer_is_an_event_and_the_same_answer_none() -> None:
    person = told(LESS)
    (disputed,) = answer(person, "disputed", "wrong_deductible")
    assert isinstance(disputed, OneStopDifferenceAnswered)
    assert answer(person, "disputed", "wrong_deductible") == []
    assert len(answer(person, "accepted", "not_worth_pursuing")) == 1
    assert len(person.all(ClaimAdjudicated)) == 1, "an answer moves no amount"
    with pytest.raises(DifferenceUnknown):
        answer(person, "accepted", "rounding", "another")


def test_the_centres_correction_ends_the_difference() -> None:
    person = told(LESS)
    answer(person, "disputed", "wrong_deductible")
    person.hears(corrected("c1", one_stop=AGREED), attached("c1", revision=2), scored("c1", revision=2))
    assert person.adjudicated().plan_pays_fen == 48_000 * YUAN
    assert [event.reason for event in person.all(OneStopDifferenceEnded)] == ["claim_corrected"]
    with pytest.raises(DifferenceUnknown):
        answer(person, "accepted", "rounding", person.all(OneStopDifferenceFound)[0].difference_id)


def test_what_was_answered_stays_while_the_difference_does() -> None:
    person = told(LESS)
    answer(person, "accepted", "centre_is_right")
    person.hears(corrected("c1", one_stop=LESS), attached("c1", revision=2), scored("c1", revision=2))
    assert len(person.all(OneStopDifferenceFound)) == 1
    assert person.person.claim("c1").difference_answer is not None


def test_a_withdrawn_claim_has_no_difference_any_more() -> None:
    person = told(LESS)
    person.hears(withdrawn())
    assert [event.reason for event in person.all(OneStopDifferenceEnded)] == ["claim_withdrawn"]


def test_a_denied_claim_that_the_centre_paid_is_on_the_list() -> None:
    person = ToldPerson()
    person.hears(covered(), registered(one_stop=AGREED), attached(), scored(outcome="review"))
    person.hears(reviewed("fraudulent"))
    assert person.denied().reason == "fraudulent"
    (found,) = person.all(OneStopDifferenceFound)
    assert (found.taken, found.centre_fen, found.own_fen) == ("none", 48_000 * YUAN, 0)
    assert found.causes == ("denied",)


def test_a_difference_names_the_decision_that_stands_when_a_correction_leaves_it() -> None:
    person = ToldPerson()
    person.hears(covered(), registered(one_stop=AGREED), attached(), scored(outcome="review"))
    person.hears(reviewed("fraudulent"))
    person.hears(corrected("c1", one_stop=LESS), attached("c1", revision=2))
    person.hears(scored("c1", revision=2, outcome="review"), reviewed("fraudulent", revision=2))
    first, second = person.all(OneStopDifferenceFound)
    assert first.difference_id != second.difference_id
    assert first.decision_id == second.decision_id == person.denied().decision_id


def refiled(person: ToldPerson, amounts: OneStopAmounts | None, revision: int) -> ToldPerson:
    person.hears(corrected("c1", revision, one_stop=amounts))
    person.hears(attached("c1", revision=revision), scored("c1", revision=revision))
    return person


def test_a_correction_that_is_silent_of_the_centre_pays_nothing_twice() -> None:
    person = refiled(told(AGREED), None, 2)
    assert person.pended_for() == [["not_evaluable"]]
    assert [decision.settled_at_desk_fen for decision in person.all(ClaimAdjudicated)] == [48_000 * YUAN]
    undone = refiled(person, one_stop_amounts(), 3).adjudicated()
    assert (undone.plan_pays_fen, undone.settled_at_desk_fen) == (48_000 * YUAN, 0)
    assert refiled(person, None, 4).adjudicated().plan_pays_fen == 48_000 * YUAN


def test_nor_one_that_comes_before_the_first_decision() -> None:
    person = ToldPerson()
    person.hears(covered(), registered(one_stop=AGREED))
    assert refiled(person, None, 2).decisions() == []
    assert person.pended_for() == [["not_evaluable"]]


@pytest.mark.parametrize(
    "amounts",
    [
        one_stop_amounts(IN, plan_id="zibo-2022"),
        one_stop_amounts(("SB-OTHER", 0, 1)),
        # One liability, by its code and by its id.
        one_stop_amounts(("SBNYL", 190_000 * YUAN, 0), ("in_catalogue", 10_000 * YUAN, 1)),
    ],
)
def test_amounts_of_another_plan_or_liability_wait_for_an_operator(amounts: OneStopAmounts) -> None:
    person = told(amounts)
    assert person.decisions() == []
    (pended,) = person.all(ClaimPended)
    assert [(reason.code, reason.owner) for reason in pended.reasons] == [("not_evaluable", "operator")]
    (found,) = person.all(OneStopDifferenceFound)
    assert (found.decision_id, found.taken, found.causes) == (None, "none", ("unmatched",))
    person.hears(corrected("c1", one_stop=AGREED), attached("c1", revision=2), scored("c1", revision=2))
    assert person.adjudicated().settled_at_desk_fen == 48_000 * YUAN
    assert [event.reason for event in person.all(OneStopDifferenceEnded)] == ["claim_corrected"]


@pytest.mark.parametrize("amounts", [AGREED, LESS, one_stop_amounts()])
def test_the_receipt_of_such_a_decision_is_recomputed_with_our_own_evaluation(
    amounts: OneStopAmounts,
) -> None:
    person = told(amounts)
    files(person, None, "c2")
    replay = PersonReplay(initial(f"person-{PERSON}"), {plan.digest: plan for plan in PLANS.values()})
    receipts = [receipt for event in person.log if (receipt := replay.take(event))]
    assert [receipt.verdict for receipt in receipts] == ["equal", "equal"]


def test_a_receipt_whose_own_evaluation_was_forged_differs() -> None:
    person = told(LESS)
    replay = PersonReplay(initial(f"person-{PERSON}"), {plan.digest: plan for plan in PLANS.values()})
    for event in person.log:
        if isinstance(event, ClaimAdjudicated):
            assert event.one_stop is not None
            forged = event.one_stop.model_copy(update={"own_fen": event.one_stop.own_fen - 1})
            receipt = replay.take(event.model_copy(update={"one_stop": forged}))
            assert receipt is not None
            assert (receipt.verdict, receipt.fields) == ("differs", ("one_stop",))
            return
        replay.take(event)


def test_a_what_if_may_evaluate_what_the_centre_settled_and_equals_a_city_that_knew_no_centre() -> None:
    person = told(LESS)
    answer(person, "disputed", "wrong_deductible")
    files(person, None, "c2")
    history = [Happened(event, person.now) for event in person.log]
    start = initial(f"person-{PERSON}")
    as_it_was = relive(start, history, Rule(PLANS, clocks=CLOCKS))
    assert {each: claim.standing for each, claim in as_it_was.claims.items()} == {
        each: claim.standing and claim.standing.model_copy(update={"decided_at": person.now})
        for each, claim in person.person.claims.items()
    }
    evaluated = relive(start, history, Rule(PLANS, clocks=CLOCKS, centre_amounts="evaluated"))
    without = files(told(None), None, "c2").standing()
    for claim_id, decision in without.items():
        standing = evaluated.claim(claim_id).standing
        assert standing is not None
        assert same_outcome(standing, decision)
    assert evaluated.claim("c1").difference is None
