"""What waits for a person: opened and closed by events, the first that is due first, in one list."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from services.operations.__main__ import app
from services.operations.domain.clocks import Turn
from services.operations.domain.todo import HEARD, in_order, todo_of
from tests.unit.conservation.histories import ClaimFigures, a_history
from tests.unit.operations.served_platform import SERVICES, served

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DUE = (BEGAN + timedelta(days=3)).isoformat()


def turn(minutes: int, kind: str, **event: Any) -> Turn:
    source = next(source for source, kinds in HEARD.items() if kind in kinds)
    about = {"claim_id": "c-1", "person_id": "p_1"}
    return Turn(BEGAN + timedelta(minutes=minutes), source, kind, about | event)


def pended(minutes: int, *reasons: tuple[str, str]) -> Turn:
    told = [{"code": code, "owner": owner, "due_at": DUE} for code, owner in reasons]
    return turn(minutes, "ClaimPended", reasons=told, due_at=DUE)


def payment(minutes: int, kind: str, amount_fen: int) -> Turn:
    return turn(minutes, kind, payment_id="pay-1", decision_id="d-1", amount_fen=amount_fen)


def test_each_thing_is_on_the_list_until_somebody_has_done_it() -> None:
    opening_and_closing = [
        (pended(0, ("settlement_differs", "hospital")), turn(9, "ClaimDenied"), ("pended", "hospital")),
        (turn(0, "ReviewOpened", review_id="r", due_at=DUE), turn(9, "ReviewConcluded", review_id="r"),
         ("review", "operator")),
        (turn(0, "RulingProposed", ruling_id="u", needs_second=True), turn(9, "RulingRejected", ruling_id="u"),
         ("second_person", "staff")),
        (turn(0, "AppealOpened", appeal_id="a", due_at=DUE), turn(9, "AppealConcluded", appeal_id="a"),
         ("appeal", "staff")),
        (payment(0, "PaymentRejected", 100), payment(9, "UnpayableReduced", 100), ("unpayable", "operator")),
        (payment(0, "PayAgainProposed", 100), payment(9, "PayAgainApproved", 100), ("second_person", "approver")),
        (turn(0, "OneStopDifferenceFound", difference_id="o", centre_fen=900, own_fen=700),
         turn(9, "OneStopDifferenceAnswered", difference_id="o"), ("one_stop", "operator")),
        (payment(0, "PaymentHeld", 100), payment(9, "PaymentInstructed", 100), ("held", "enrolment")),
    ]  # fmt: skip
    for opens, closes, expected in opening_and_closing:
        (found,) = todo_of([opens])
        assert (found.kind, found.owner) == expected
        assert todo_of([opens, closes]) == []


def test_a_review_stands_for_its_pend_reason_and_a_single_ruling_needs_nobody() -> None:
    turns = [
        turn(0, "ReviewOpened", review_id="r", due_at=DUE),
        pended(1, ("fraud_review", "operator"), ("coverage_unknown", "enrolment")),
        turn(2, "RulingProposed", ruling_id="u", needs_second=False),
    ]
    assert [(each.kind, each.what) for each in todo_of(turns)] == [
        ("review", "r"),
        ("pended", "coverage_unknown"),
    ]
    assert todo_of([*turns, turn(3, "ClaimWithdrawn")]) == []


def test_what_is_left_of_money_that_came_back_keeps_its_age() -> None:
    turns = [
        payment(0, "PaymentReturned", 100),
        payment(5, "UnpayableReduced", 40),
        payment(6, "ClawbackNetted", 10),
    ]
    (found,) = todo_of(turns)
    assert (found.amount_fen, found.since) == (50, BEGAN)


def test_a_payment_that_is_proposed_again_waits_for_the_second_person_alone_for_what_is_left_of_it() -> None:
    proposed = [payment(0, "PaymentReturned", 100), payment(5, "PayAgainProposed", 100)]
    (found,) = todo_of([*proposed, payment(6, "ClawbackNetted", 30)])
    assert (found.kind, found.owner, found.amount_fen) == ("second_person", "approver", 70)
    assert todo_of([*proposed, payment(6, "UnpayableReduced", 100)]) == []


def test_what_is_due_first_comes_first_and_what_has_no_clock_last() -> None:
    later = turn(0, "AppealOpened", appeal_id="b", due_at=(BEGAN + timedelta(days=9)).isoformat())
    found = todo_of([payment(0, "PaymentRejected", 100), later, pended(1, ("plan_unknown", "operator"))])
    assert [each.what for each in in_order(found)] == ["plan_unknown", "b", "pay-1"]


def test_the_list_is_read_from_the_logs_and_parked_events_are_on_it(tmp_path: Path) -> None:
    claims = (ClaimFigures(ending="settled"), ClaimFigures(person=1, ending="rejected"))
    logs = a_history(claims).logs
    shards = {shard for _, shard in logs}
    with served({(name, shard): [] for name in SERVICES for shard in shards} | logs, tmp_path) as platform:
        row = {"reason": "event_unreadable", "events": 3, "subjects": 2}
        platform.answers["GET", "/payout/parked/reasons"] = (200, [row])
        patch = {"proposal": 2, "event_type": "ClaimScored", "about": "claim-c", "proposed_by": "op-1"}
        patch["proposed_at"] = BEGAN.isoformat()
        platform.answers["GET", "/fraud/amendments"] = (200, [patch])

        def run(*more: str) -> str:
            words = ["todo", "--platform", str(platform.file), *more]
            done = CliRunner().invoke(app, words, env={"NO_COLOR": "1"})
            assert done.exit_code == 0, done.output
            return done.stdout

        document = json.loads(run("--json"))
        (unpayable,) = document["claims"]
        assert (unpayable["kind"], unpayable["owner"]) == ("unpayable", "operator")
        assert document["parked"] == [{"service": "payout", **row}]
        assert unpayable["claim_id"] in run() and "3 events of 2 subjects at payout" in run()
        assert "huiji parked approve claim-c --proposal 2" in run("--owner", "approver")
        assert "Nothing waits for a person." in run("--owner", "hospital")
        words = ["todo", "--platform", str(platform.file), "--owner", "nobody"]
        assert CliRunner().invoke(app, words).exit_code == 2
