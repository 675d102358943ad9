"""The checker passes every consistent history and no history with a fault in it."""

import random
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.conservation import Report, check_history
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
from tests.unit.conservation.histories import (
    ClaimFigures,
    Ending,
    a_history,
    heads_of,
    lines_of,
)

ENDINGS: tuple[Ending, ...] = get_args(Ending)
EVERY_ENDING = tuple(ClaimFigures(person=number % 3, ending=ending) for number, ending in enumerate(ENDINGS))
HISTORY = a_history(EVERY_ENDING).events
#: One of each kind: every amount of every event type.
MONEY_FIELDS = list({str(field): field for field in money_fields(HISTORY)}.values())

amounts = st.integers(1, 10**9)
figures = st.builds(
    ClaimFigures,
    person=st.integers(0, 2),
    basic=amounts,
    critical_illness=st.integers(0, 10**8),
    assistance=st.integers(0, 10**8),
    other_fund=st.integers(0, 10**8),
    hospital=st.integers(0, 10**6),
    plan=amounts,
    patient=amounts,
    cash=st.integers(0, 10**6),
    ending=st.sampled_from(ENDINGS),
)


def rules_broken(events: list[Recorded], *, finished: bool = False) -> set[str]:
    return {violation.rule for violation in check_history(lines_of(events), finished=finished).violations}


@settings(deadline=None, max_examples=40)
@given(st.lists(figures, max_size=5), st.randoms(use_true_random=False))
def test_any_consistent_history_holds_whatever_the_order_of_its_lines(
    claims: list[ClaimFigures], shuffler: random.Random
) -> None:
    writer = a_history(claims)
    lines = lines_of(writer.events)
    shuffler.shuffle(lines)
    report = check_history(lines, heads=heads_of(writer))
    assert report.violations == ()
    assert report.holds
    assert (report.events, report.claims) == (len(lines), len(claims))
    assert report.totals.registered_fen == sum(claim.bill for claim in claims)


def test_totals_add_up_by_bearer_and_by_what_became_of_payments() -> None:
    report = check_history(lines_of(HISTORY))
    totals = report.totals
    decided = [claim for claim in EVERY_ENDING if claim.ending != "waiting"]
    assert sum(totals.borne_fen.values()) == totals.decided_fen == sum(claim.bill for claim in decided)
    assert totals.borne_fen["plan"] == sum(claim.paid for claim in decided)
    assert totals.instructed_fen == totals.settled_fen + totals.rejected_fen + totals.outstanding_fen
    assert totals.outstanding_fen == totals.rejected_fen == totals.returned_fen == totals.held_fen == 63_000
    assert report.payments == 5


def test_a_history_in_which_all_is_concluded_is_finished() -> None:
    concluded: tuple[Ending, ...] = (
        "settled",
        "returned",
        "rejected",
        "held",
        "released",
        "denied",
        "nothing",
    )
    events = a_history([ClaimFigures(ending=ending) for ending in concluded]).events
    assert rules_broken(events, finished=True) == set()


@pytest.mark.parametrize(
    ("ending", "rule"), [("waiting", "finished_decided"), ("outstanding", "finished_settled")]
)
def test_what_waits_is_no_fault_unless_the_history_is_finished(ending: Ending, rule: str) -> None:
    events = a_history([ClaimFigures(ending=ending)]).events
    assert rules_broken(events) == set()
    assert rules_broken(events, finished=True) == {rule}


@pytest.mark.parametrize("by_fen", [1, -1])
@pytest.mark.parametrize("field", MONEY_FIELDS, ids=str)
def test_every_amount_that_is_off_by_one_fen_is_caught(field: MoneyField, by_fen: int) -> None:
    assert rules_broken(with_amount_off(HISTORY, field, by_fen))


@settings(deadline=None, max_examples=40)
@given(st.lists(figures, min_size=1, max_size=3), st.data())
def test_any_amount_of_any_history_that_is_off_is_caught(
    claims: list[ClaimFigures], data: st.DataObject
) -> None:
    events = a_history(claims).events
    field = data.draw(st.sampled_from(money_fields(events)))
    by_fen = data.draw(st.integers(-(10**9), 10**9).filter(bool))
    assert rules_broken(with_amount_off(events, field, by_fen))


@pytest.mark.parametrize(
    ("event_type", "rules"),
    [
        ("ClaimRegistered", {"registered_first"}),
        ("ClaimOpened", {"opened_first"}),
        ("ClaimAdjudicated", {"decided_first"}),
        ("PaymentInstructed", {"instructed_first"}),
        ("PaymentSettled", {"finished_settled"}),
        ("PaymentFileClosed", {"finished_filed"}),
    ],
)
def test_an_event_that_was_never_written_is_missed(event_type: str, rules: set[str]) -> None:
    events = a_history().events
    assert rules <= rules_broken(without(events, index_of(events, event_type)), finished=True)


def test_a_decision_that_pays_and_is_never_paid_is_missed() -> None:
    events = a_history([ClaimFigures(ending="held")]).events
    assert rules_broken(without(events, index_of(events, "PaymentHeld")), finished=True) == {"finished_paid"}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_event_dropped_from_the_export_is_missed(data: st.DataObject) -> None:
    writer = a_history(EVERY_ENDING)
    events = writer.events
    dropped = data.draw(st.integers(0, len(events) - 1))
    kept = [event for index, event in enumerate(events) if index != dropped]
    report = check_history(lines_of(kept), heads=heads_of(writer))
    assert "nothing_missing" in {violation.rule for violation in report.violations}


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(range(len(HISTORY))))
def test_any_event_that_comes_twice_is_noticed(index: int) -> None:
    assert "nothing_twice" in rules_broken([*HISTORY, HISTORY[index]])


def test_an_end_beyond_the_manifest_is_noticed() -> None:
    writer = a_history()
    heads = {key: head - 1 for key, head in heads_of(writer).items()}
    assert not check_history(lines_of(writer.events), heads=heads).holds


def set_to(**values: object) -> Callable[[Body], None]:
    return lambda body: body.update(values)


@pytest.mark.parametrize(
    ("event_type", "change", "rule"),
    [
        ("PaymentInstructed", set_to(payment_id="another"), "not_more_than_due"),
        ("PaymentInstructed", set_to(), "instructed_once"),
        ("PaymentInstructed", set_to(decision_id="unknown", payment_id="another"), "decided_first"),
        ("PaymentSettled", set_to(), "concluded_once"),
        ("PaymentSettled", set_to(payment_id="unknown"), "instructed_first"),
        ("PaymentReturned", set_to(), "returned_after_settled"),
        ("PaymentFileClosed", set_to(file_id="another"), "one_file_per_payment"),
        ("PaymentFileClosed", set_to(payment_ids=["unknown"]), "file_of_instructed"),
        ("PaymentHeld", set_to(), "held_once"),
        ("ReferralMade", set_to(), "referred_once"),
        ("ClaimAdjudicated", set_to(decision_id="another"), "one_decision"),
        ("ClaimRegistered", set_to(), "registered_once"),
    ],
)
def test_what_is_done_a_second_time_is_caught(
    event_type: str, change: Callable[[Body], None], rule: str
) -> None:
    events = a_history([ClaimFigures(ending="returned"), ClaimFigures(ending="held")]).events
    assert rule in rules_broken(with_appended(events, index_of(events, event_type), change))


def test_a_payment_that_is_both_settled_and_rejected_is_caught() -> None:
    events = a_history([ClaimFigures(ending="rejected"), ClaimFigures(ending="settled")]).events
    rejected = index_of(events, "PaymentRejected")
    change = set_to(claim_id="c-1", decision_id="d-1", payment_id="p-d-1")
    assert "concluded_once" in rules_broken(with_appended(events, rejected, change))


@pytest.mark.parametrize("bearer", ["basic", "hospital", "patient", "charity", "mutual"])
def test_a_fen_moved_between_bearers_is_caught_though_the_bill_still_adds_up(bearer: str) -> None:
    events = a_history([ClaimFigures(ending="settled"), ClaimFigures(ending="denied")]).events
    for index, event in enumerate(events):
        if event.type in ("ClaimAdjudicated", "ClaimDenied"):
            for part in range(4 if event.type == "ClaimDenied" else 5):

                def relabel(body: Body, part: int = part) -> None:
                    body["bearings"][part]["bearer"] = bearer

                changed = with_body(events, index, relabel)
                assert changed[index].body == event.body or rules_broken(changed)


@pytest.mark.parametrize(
    "event_type", ["PaymentInstructed", "PaymentSettled", "PaymentRejected", "PaymentReturned"]
)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("account", ["bank:demo-generic", "claims_payable:another", "made_up:demo-generic"])
def test_a_posting_to_a_wrong_account_is_caught(event_type: str, side: int, account: str) -> None:
    index = index_of(HISTORY, event_type)

    def post_elsewhere(body: Body) -> None:
        body["postings"][side]["account"] = account

    changed = with_body(HISTORY, index, post_elsewhere)
    same = changed[index].body == HISTORY[index].body
    assert same or "ledger_is_payments" in rules_broken(changed)


def test_postings_the_wrong_way_round_are_caught() -> None:
    def turn_round(body: Body) -> None:
        for posting in body["postings"]:
            posting["amount_fen"] *= -1

    assert "ledger_is_payments" in rules_broken(
        with_body(HISTORY, index_of(HISTORY, "PaymentSettled"), turn_round)
    )


def test_a_payment_to_another_person_or_of_another_plan_is_caught() -> None:
    index = index_of(HISTORY, "PaymentInstructed")
    for change in (set_to(person_id="p_" + "f" * 32), set_to(plan_id="another")):
        assert "pays_for_whom" in rules_broken(with_body(HISTORY, index, change))


def test_a_bill_changed_on_its_way_to_adjudication_is_caught() -> None:
    def reprice(body: Body) -> None:
        body["lines"][0]["quantity_milli"] += 1

    assert rules_broken(with_body(HISTORY, index_of(HISTORY, "ClaimOpened"), reprice)) == {
        "opened_as_registered"
    }


def test_a_layer_that_comes_after_the_plan_may_bear_less_than_it_was_settled_with() -> None:
    events = a_history().events
    index = index_of(events, "ClaimAdjudicated")

    def relieve(body: Body) -> None:
        assert body["bearings"][2]["bearer"] == "assistance"
        body["bearings"][2]["amount_fen"] -= 500
        body["bearings"][-1]["amount_fen"] += 500
        body["patient_bears_fen"] += 500

    assert "layers_as_settled" in rules_broken(with_body(events, index, relieve))

    def relieved_by_plan(body: Body) -> None:
        relieve(body)
        body["plan_id"] = "critical-illness-tiers"

    assert "layers_as_settled" not in rules_broken(with_body(events, index, relieved_by_plan))


@pytest.mark.parametrize(("counted_fen", "follows"), [(150_000, True), (149_999, False), (200_001, False)])
def test_a_liability_may_count_less_cost_than_it_took_but_not_less_than_it_used(
    counted_fen: int, follows: bool
) -> None:
    """Plans scale and cap cost before the deductible: 60 000 fen paid and 90 000 borne need 150 000 at least."""
    events = a_history().events

    def scale(body: Body) -> None:
        body["liabilities"][0]["base_fen"] = 200_000
        for balances in ("usage_taken", "usage_after"):
            body[balances]["liabilities"]["in_catalogue"]["base_fen"] = counted_fen

    broken = rules_broken(with_body(events, index_of(events, "ClaimAdjudicated"), scale))
    assert broken == (set() if follows else {"balances_follow"})


def test_recorded_time_counts_only_within_causality() -> None:
    """A bank file is closed by a clock that runs a second behind the one that instructed its payment."""
    events = [
        replace(event, recorded_at=event.recorded_at.replace(year=2025))
        if event.type == "PaymentFileClosed"
        else event
        for event in HISTORY
    ]
    assert rules_broken(events) == set()


def test_a_violation_names_the_event_since_which_it_holds_and_is_reported_once() -> None:
    events = a_history([ClaimFigures(ending="returned")]).events
    index = index_of(events, "PaymentInstructed")
    report = check_history(lines_of(with_body(events, index, set_to(amount_fen=1))))
    [violation] = [each for each in report.violations if each.rule == "pays_the_decision"]
    assert violation.since is not None
    assert (violation.since.source, violation.since.type) == ("payout", "PaymentInstructed")
    assert violation.about == "claim c-0"
    assert violation.sentence == "PaymentInstructed 1 ≠ decided 63000 fen"


def test_what_cannot_be_read_is_a_violation_and_no_crash() -> None:
    events = a_history().events
    index = index_of(events, "ClaimAdjudicated")
    unknown = replace(events[0], type="SomethingNew", position=99)
    lines = [
        b"",
        b"not json",
        b"{}",
        *lines_of([*events[:index], replace(events[index], body=b"{}"), unknown]),
    ]
    report = check_history(lines)
    rules = [violation.rule for violation in report.violations]
    assert rules.count("line_readable") == 2
    assert rules.count("event_readable") == 2
    assert "p_0000" not in str([violation.sentence for violation in report.violations])


def test_references_in_a_circle_end() -> None:
    first, second = HISTORY[0], HISTORY[1]
    circle = [replace(first, caused_by=second.event_id), replace(second, caused_by=first.event_id)]
    report: Report = check_history(lines_of([*circle, *HISTORY[2:]]))
    assert report.events == len(HISTORY)


def test_the_report_is_plain_json() -> None:
    document = check_history(lines_of(HISTORY[1:])).as_json()
    assert document["holds"] is False
    assert document["totals"]["borne_fen"]["plan"] > 0
    assert {"rule", "about", "sentence", "since"} == set(document["violations"][0])
