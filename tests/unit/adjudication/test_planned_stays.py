"""Planned stays reserve limits: whatever order things come in, nothing is paid on them, and no earlier claim loses."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.conservation.balances import PersonBalances
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimOpened
from libs.contracts.preauthorisation import (
    PreauthorisationGranted,
    PreauthorisationPended,
    PreauthorisationRefused,
    ReservationConverted,
)
from services.adjudication.domain.commands import PassDeadline, ReleaseReservation
from services.adjudication.domain.planned_stay import same_answer
from services.adjudication.domain.planning import MOST_OPEN, preauthorisation_id_of
from services.adjudication.domain.recomputing import PersonReplay
from services.adjudication.domain.state import initial
from services.adjudication.errors import (
    PlannedInThePast,
    PlannedTooFar,
    PreauthorisationTaken,
    PreauthorisationUnknown,
    TooManyPlanned,
)
from tests.unit.adjudication.heard_events import PERSON, attached, registered, scored, withdrawn
from tests.unit.adjudication.lives import PLANS, Bill, Life, coverages, fields_of
from tests.unit.adjudication.planned_lives import (
    ASKED_AT,
    HOSPITAL,
    Plan,
    as_it_came,
    asks_for,
    ends,
    held,
    in_order,
    is_held,
    lives_and_plans,
)
from tests.unit.adjudication.test_order_of_arrival import assert_same_liabilities
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

LivesAndPlans = tuple[list[Life], list[Plan]]

PLAN = "jieyang-2023"
STAY = Plan("R1", Bill(100, 900, 0))
"""Enough to use the year's whole cap."""


def insured() -> ToldPerson:
    told = ToldPerson()
    told.hears(*coverages(PLAN))
    return told


def files(told: ToldPerson, claim_id: str, bill: Bill, preauthorisation_id: str | None = None) -> None:
    fields = fields_of(bill, PLAN)
    visit = fields["visit"].model_copy(update={"preauthorisation_id": preauthorisation_id})
    told.hears(registered(claim_id, **{**fields, "visit": visit}), attached(claim_id), scored(claim_id))


def paid(told: ToldPerson, claim_id: str) -> int:
    standing = told.standing()[claim_id]
    return standing.plan_pays_fen if isinstance(standing, ClaimAdjudicated) else 0


def broken_balances(told: ToldPerson) -> list[str]:
    """What the money checker finds in the balances that decisions state: reservations are in none of them."""
    balances, broken = PersonBalances(), []
    for event in told.log:
        match event:
            case ClaimOpened():
                balances.open(event)
            case ClaimAdjudicated():
                broken += [each.sentence for each in balances.decide(event)]
            case AdjudicationReversed():
                balances.reverse(event)
            case _:
                continue
    return broken


@settings(max_examples=150)
@given(lives_and_plans(), st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_whatever_order_stays_and_claims_end_as_in_the_order_of_service(
    drawn: LivesAndPlans, plan_id: str, rng: Random
) -> None:
    lives, plans = drawn
    came, ordered = as_it_came(lives, plans, plan_id, rng), in_order(lives, plans, plan_id)
    assert_same_liabilities(came, ordered)
    here, there = held(came), held(ordered)
    assert here.keys() == there.keys() == {plan.id for plan in plans if is_held(plan, lives)}
    for stay_id, stay in here.items():
        answer = there[stay_id].answer
        assert answer is not None
        assert same_answer(stay.answer, answer)


@settings(max_examples=100)
@given(lives_and_plans(), st.sampled_from(PLANS))
def test_a_reservation_raises_nothing_and_an_earlier_claim_never_sees_it(
    drawn: LivesAndPlans, plan_id: str
) -> None:
    lives, plans = drawn
    # Of one year: a year in which limits left nothing to pay is a claim-free one for the next.
    lives = [replace(life, bills=(replace(life.bills[-1], day=life.bills[-1].day % 365),)) for life in lives]
    with_stays, without = in_order(lives, plans, plan_id), in_order(lives, [], plan_id)
    first = min(plan.bill.day for plan in plans)
    for claim_id, decision in with_stays.standing().items():
        assert paid(with_stays, claim_id) <= paid(without, claim_id)
        if next(life for life in lives if life.claim_id == claim_id).bills[-1].day <= first:
            assert decision == without.standing()[claim_id].model_copy(
                update={"decided_at": decision.decided_at, "received_at": decision.received_at}
            )


@settings(max_examples=50)
@given(lives_and_plans(), st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_every_decision_among_stays_can_be_made_again_from_the_log(
    drawn: LivesAndPlans, plan_id: str, rng: Random
) -> None:
    told = as_it_came(*drawn, plan_id, rng)
    replay = PersonReplay(initial(f"person-{PERSON}"), {plan.digest: plan for plan in told.plans.values()})
    receipts = [receipt for event in told.log if (receipt := replay.take(event)) is not None]
    assert {receipt.verdict for receipt in receipts} <= {"equal"}
    assert broken_balances(told) == []


def test_a_request_is_answered_at_once_and_asking_twice_is_asking_once() -> None:
    told = insured()
    (_, granted) = told.does(asks_for(Plan("R1", Bill(100, 30, 0)), PLAN))
    assert isinstance(granted, PreauthorisationGranted)
    assert (granted.extent, granted.number) == ("granted", 1)
    files(told, "c1", Bill(100, 30, 0), granted.preauthorisation_id)
    assert paid(told, "c1") == granted.plan_pays_fen > 0
    assert told.does(asks_for(Plan("R1", Bill(100, 30, 0)), PLAN)) == []
    with pytest.raises(PreauthorisationTaken):
        told.does(asks_for(Plan("R1", Bill(100, 31, 0)), PLAN))


def test_a_later_claim_sees_the_limits_reduced_until_the_stay_is_released() -> None:
    told = insured()
    told.does(asks_for(STAY, PLAN))
    files(told, "later", Bill(150, 900, 0))
    limited = paid(told, "later")
    told.does(ReleaseReservation(STAY.id, "stay_cancelled", told.now, CLOCKS))
    assert limited < paid(told, "later")
    (reversal,) = told.all(AdjudicationReversed)
    assert (reversal.reason, reversal.caused_by_claim_id) == ("balances_changed", None)
    assert told.person.planned[STAY.id].status == "released"


def test_an_earlier_claim_that_comes_late_takes_from_what_was_reserved() -> None:
    told = insured()
    told.does(asks_for(STAY, PLAN))
    files(told, "earlier", Bill(50, 900, 0))
    (first, second) = [answer for answer in told.log if answer.subject().startswith("preauthorisation")][1:]
    assert isinstance(first, PreauthorisationGranted)
    assert isinstance(second, PreauthorisationRefused | PreauthorisationGranted)
    assert second.number == 2
    if isinstance(second, PreauthorisationGranted):
        assert (second.extent, second.plan_pays_fen < first.plan_pays_fen) == ("partly", True)
    else:
        assert second.reason == "limits_used"


def test_the_real_claim_takes_the_stays_place_and_its_withdrawal_gives_it_back() -> None:
    told = insured()
    told.does(asks_for(STAY, PLAN))
    files(told, "later", Bill(150, 900, 0))
    limited = paid(told, "later")
    files(told, "real", Bill(102, 30, 0), STAY.id)
    assert told.person.planned[STAY.id].converted_by == "real"
    assert limited < paid(told, "later")
    told.hears(withdrawn("real"))
    assert told.person.planned[STAY.id].status == "granted"
    assert paid(told, "later") == limited
    assert [event.claim_id for event in told.all(ReservationConverted)] == ["real"]


def test_while_the_real_claim_waits_its_limits_stay_reserved() -> None:
    told = insured()
    told.does(asks_for(STAY, PLAN))
    fields = fields_of(STAY.bill, PLAN)
    visit = fields["visit"].model_copy(update={"preauthorisation_id": STAY.id})
    told.hears(registered("real", **{**fields, "visit": visit}))
    files(told, "later", Bill(150, 900, 0))
    waiting = paid(told, "later")
    told.hears(attached("real"), scored("real"))
    assert told.person.planned[STAY.id].status == "converted"
    assert paid(told, "later") == waiting


def test_a_stay_that_has_not_come_expires_by_a_clock_that_is_recorded() -> None:
    told = insured()
    told.does(asks_for(STAY, PLAN))
    files(told, "later", Bill(150, 900, 0))
    limited = paid(told, "later")
    due_at = told.person.planned[STAY.id].request.expires_at
    assert due_at - CLOCKS.reservation == told.person.planned[STAY.id].request.expires_at - timedelta(days=30)
    assert told.does(PassDeadline(STAY.id, due_at, due_at - timedelta(seconds=1), CLOCKS, "stay")) == []
    ends(told, replace(STAY, fate="expired"))
    assert paid(told, "later") > limited
    assert told.does(PassDeadline(STAY.id, due_at, due_at, CLOCKS, "stay")) == []


def test_without_a_coverage_the_request_waits_for_enrolment_and_reserves_nothing() -> None:
    told = ToldPerson()
    (_, pended) = told.does(asks_for(STAY, PLAN))
    assert isinstance(pended, PreauthorisationPended)
    assert [(reason.code, reason.owner) for reason in pended.reasons] == [("coverage_unknown", "enrolment")]
    (*_, answer) = told.hears(coverages(PLAN)[0])
    assert isinstance(answer, PreauthorisationGranted)


def test_below_the_deductible_there_is_nothing_to_reserve() -> None:
    (_, refused) = insured().does(asks_for(Plan("R1", Bill(100, 1, 0)), PLAN))
    assert isinstance(refused, PreauthorisationRefused)
    assert refused.reason == "below_deductible"


def test_what_cannot_be_asked_is_refused() -> None:
    told = insured()
    with pytest.raises(PreauthorisationUnknown):
        told.does(ReleaseReservation("nothing", "stay_cancelled", told.now, CLOCKS))
    with pytest.raises(PlannedInThePast):
        told.does(replace(asks_for(STAY, PLAN), now=ASKED_AT + timedelta(days=365)))
    with pytest.raises(PlannedTooFar):
        told.does(replace(asks_for(STAY, PLAN), now=ASKED_AT - timedelta(days=1_200)))


def test_a_hospital_cannot_reserve_a_persons_limits_without_end() -> None:
    told = insured()
    for number in range(MOST_OPEN):
        told.does(asks_for(replace(STAY, reference=f"R{number}"), PLAN))
    with pytest.raises(TooManyPlanned):
        told.does(asks_for(replace(STAY, reference="one more"), PLAN))
    told.does(ReleaseReservation(preauthorisation_id_of(HOSPITAL, "R0"), "stay_cancelled", told.now, CLOCKS))
    told.does(asks_for(replace(STAY, reference="one more"), PLAN))
