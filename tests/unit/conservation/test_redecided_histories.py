"""Decisions that replace each other: the checker passes what the services' deciders do, and nothing that is off."""

from collections.abc import Callable
from random import Random

import pytest
from orjson import loads

from libs.conservation import check_history
from libs.conservation.facts import MONEY_TYPES
from libs.contracts.payout import PayAgainApproved
from libs.eventlog.event import Recorded
from tests.unit.conservation.faults import (
    Body,
    MoneyField,
    index_of,
    money_fields,
    with_amount_off,
    with_appended,
    with_body,
    without,
)
from tests.unit.conservation.histories import heads_of, lines_of
from tests.unit.conservation.told_histories import a_told_history

#: Has every kind of event that these can have: corrections, withdrawals, nettings, repayments, write-offs, …
HISTORY = a_told_history(45).writer.events
#: One of each kind. The explanation's sums are money; how its steps came to them is what receipts are for, and so is
#: our own evaluation's deductible where the insurance centre's was taken.
MONEY_FIELDS = [
    field
    for field in {str(field): field for field in money_fields(HISTORY)}.values()
    if not {"inputs", "steps", "own_deductible_fen"}.intersection(field.path)
]
A_SHARE = {"insurer": "x", "share_bp": 10_000, "amount_fen": 1}


def rules_broken(events: list[Recorded]) -> set[str]:
    return {violation.rule for violation in check_history(lines_of(events), finished=True).violations}


@pytest.mark.parametrize("seed", range(25))
def test_what_is_paid_again_conserves_money_and_is_provided_once(seed: int) -> None:
    told = a_told_history(seed, pays_again=True)
    report = check_history(lines_of(told.writer.events), heads=heads_of(told.writer), finished=True)
    assert report.violations == ()
    paid_again = [event.decode() for event in told.writer.events if event.type == "PayAgainApproved"]
    ids = [event.payment_id for event in paid_again if isinstance(event, PayAgainApproved)]
    assert len(ids) == len(set(ids))
    for claim_id, entitled in told.account.claims.items():
        if entitled.plan_id is not None:
            assert told.account.provided_fen(claim_id, entitled.plan_id) == entitled.due_fen


def test_the_history_that_is_tampered_with_here_has_every_kind_of_event() -> None:
    assert MONEY_TYPES - {event.type for event in HISTORY} == {
        "ClaimDenied", "ClaimFactsNoted", "PaymentsStayed", "StayLifted",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_late_corrected_and_withdrawn_claims_conserve_money(seed: int) -> None:
    told = a_told_history(seed)
    lines = lines_of(told.writer.events)
    Random(seed).shuffle(lines)
    report = check_history(lines, heads=heads_of(told.writer), finished=True)
    assert report.violations == ()
    assert report.reversed == sum(event.type == "AdjudicationReversed" for event in told.writer.events)
    totals = report.totals
    due = sum(claim.due_fen for claim in told.account.claims.values())
    desk = sum(settled.settled_fen for settled in told.account.desk.values())
    assert totals.borne_fen.get("plan", 0) + totals.cash_benefits_fen == due + desk
    assert totals.owed_to_centre_fen == desk
    assert totals.outstanding_fen == 0
    unpayable = sum(payment.unpayable_fen for payment in told.account.payments.values())
    paid_fen = totals.settled_fen - totals.returned_fen - totals.repaid_fen - totals.written_off_fen
    assert paid_fen + unpayable - totals.owing_fen == due


@pytest.mark.parametrize("by_fen", [1, -1])
@pytest.mark.parametrize("field", MONEY_FIELDS, ids=str)
def test_every_amount_of_a_redecided_history_that_is_off_by_one_fen_is_caught(
    field: MoneyField, by_fen: int
) -> None:
    assert rules_broken(with_amount_off(HISTORY, field, by_fen))


@pytest.mark.parametrize(
    ("event_type", "rules"),
    [
        ("AdjudicationReversed", {"one_decision"}),
        ("ClaimWithdrawalNoted", {"withdrawn_first"}),
        ("EntitlementRevised", {"not_more_than_due", "entitled_as_decided"}),
        ("PaymentCancelled", {"not_more_than_due"}),
        ("UnpayableReduced", {"provided_is_due"}),
        ("ClawbackRaised", {"raised_first", "provided_is_due"}),
        ("DeskSettlementBooked", {"desk_is_booked"}),
        ("BurdenNoted", {"burden_of_year"}),
        ("BurdenWithdrawn", {"referred_with_burden"}),
        ("ReferralWithdrawn", {"aid_asked_before"}),
    ],
)
def test_what_a_service_should_have_said_is_missed(event_type: str, rules: set[str]) -> None:
    assert rules & rules_broken(without(HISTORY, index_of(HISTORY, event_type)))


def test_money_that_was_kept_back_and_is_not_said_to_be_is_missed() -> None:
    kept = [index for index, event in enumerate(HISTORY) if event.type == "ClawbackNetted"]
    of_a_decision = next(index for index in kept if loads(HISTORY[index].body)["payment_id"] is None)
    assert "provided_is_due" in rules_broken(without(HISTORY, of_a_decision))


def set_to(**values: object) -> Callable[[Body], None]:
    return lambda body: body.update(values)


@pytest.mark.parametrize(
    ("event_type", "change", "rule"),
    [
        ("AdjudicationReversed", set_to(), "reverses_what_stands"),
        ("ClawbackRaised", set_to(), "raised_once"),
        ("ClawbackNetted", set_to(), "owing_reduced_once"),
        ("ClawbackRepaid", set_to(), "owing_reduced_once"),
        ("ClawbackRepaid", set_to(repayment_id="another"), "not_more_than_open"),
        ("ClawbackWrittenOff", set_to(), "not_more_than_open"),
        ("PaymentCancelled", set_to(), "concluded_once"),
        ("EntitlementRevised", set_to(), "newest_decision"),
        ("DeskSettlementBooked", set_to(), "desk_is_booked"),
    ],
)
def test_what_is_done_again_to_a_redecided_claim_is_caught(
    event_type: str, change: Callable[[Body], None], rule: str
) -> None:
    assert rule in rules_broken(with_appended(HISTORY, index_of(HISTORY, event_type), change))


@pytest.mark.parametrize(
    ("event_type", "change", "rule"),
    [
        ("AdjudicationReversed", set_to(replaced_by="another"), "succeeds_what_was_reversed"),
        ("AdjudicationReversed", set_to(pool_shares=[A_SHARE]), "reversal_is_exact"),
        ("AdjudicationReversed", set_to(usage_released={"liabilities": {}, "caps": {}}), "reversal_is_exact"),
        ("AdjudicationReversed", set_to(number=9), "reversal_is_exact"),
        ("ClaimAdjudicated", set_to(number=9), "numbered_in_turn"),
        ("ClaimAdjudicated", set_to(pool_shares=[A_SHARE]), "shares_are_the_whole"),
        ("ClaimAdjudicated", set_to(supersedes="another"), "succeeds_what_was_reversed"),
        ("EntitlementRevised", set_to(withdrawn=True, due_fen=0), "withdrawn_first"),
        ("ClawbackNetted", set_to(clawback_claim_id="another"), "owed_by_whom"),
        ("ClaimCorrected", set_to(revision=7), "revisions_follow"),
        ("ReferralRevised", set_to(referral_id="another"), "revises_what_was_asked"),
    ],
)  # fmt: skip
def test_what_a_redecision_says_wrongly_is_caught(
    event_type: str, change: Callable[[Body], None], rule: str
) -> None:
    assert rule in rules_broken(with_body(HISTORY, index_of(HISTORY, event_type), change))


def test_a_decision_on_balances_in_the_order_of_arrival_is_caught() -> None:
    """The last of two claims was served before the first: it may not stand on what the first took."""
    for index, event in enumerate(HISTORY):
        if event.type == "ClaimOpened":

            def serve_earlier(body: Body) -> None:
                body["visit"]["admitted_on"] = body["visit"]["discharged_on"] = "2025-01-01"

            broken = rules_broken(with_body(HISTORY, index, serve_earlier))
            assert "opened_as_registered" in broken
            if "balances_in_order" in broken:
                return
    pytest.fail("no claim of this history stands on another")


def test_a_cancelled_payment_in_a_file_is_caught() -> None:
    cancelled = next(e for e in HISTORY if e.type == "PaymentCancelled" and loads(e.body)["postings"])
    payment_id = loads(cancelled.body)["payment_id"]
    closed = index_of(HISTORY, "PaymentFileClosed")

    def carry_it_too(body: Body) -> None:
        body["payment_ids"].append(payment_id)

    assert "cancelled_or_sent" in rules_broken(with_appended(HISTORY, closed, carry_it_too))


def test_a_successor_that_does_not_follow_is_missed() -> None:
    events = HISTORY
    for index, event in enumerate(events):
        if event.type == "ClaimAdjudicated" and b'"supersedes":null' not in event.body:
            assert "successor_follows" in rules_broken(without(events, index)) | {
                violation.rule for violation in check_history(lines_of(without(events, index))).violations
            }
            return
    pytest.fail("no decision of this history supersedes another")


def test_much_is_paid_again_in_the_histories_that_say_so() -> None:
    """Else the test above would prove little."""
    told = [a_told_history(seed, pays_again=True).writer.events for seed in range(25)]
    assert sum(event.type == "PayAgainApproved" for events in told for event in events) > 20
