"""What an appeal stays is not paid while it does: a stay that was kept passes, one that was not is found."""

from typing import Any

import pytest
from msgspec.structs import replace

from libs.conservation import check_history
from libs.contracts.payout import PaymentsStayed, StayLifted
from libs.eventlog.event import Recorded
from tests.unit.conservation.histories import ClaimFigures, Writer, a_history, lines_of

PAID = ["PaymentInstructed", "PaymentSettled"]
CLAIM = {"person_id": f"p_{0:032x}", "claim_id": "c-0"}


def a_stayed_history(order: list[str], appeals: dict[str, str] | None = None) -> list[Recorded]:
    """A settled claim whose payout log has these kinds of events in this order, a stay and its end among them."""
    writer = a_history((ClaimFigures(ending="settled"),))
    stamp: Any = writer.events[0].recorded_at
    ids = {"PaymentsStayed": "a-1", "StayLifted": "a-1"} | (appeals or {})
    writer.append("payout", PaymentsStayed(**CLAIM, appeal_id=ids["PaymentsStayed"], stayed_at=stamp))
    writer.append("payout", StayLifted(**CLAIM, appeal_id=ids["StayLifted"], lifted_at=stamp))
    return _in_order(writer, order)


def _in_order(writer: Writer, order: list[str]) -> list[Recorded]:
    theirs = {
        event.type: event for event in writer.events if event.type in (*PAID, "PaymentsStayed", "StayLifted")
    }
    # Files are in shards of their own.
    others = [event for event in writer.events if event.type not in theirs]
    places = sorted((event.shard, event.position, event.recorded_at) for event in theirs.values())
    moved = [
        replace(theirs[kind], shard=shard, position=position, recorded_at=moment)
        for kind, (shard, position, moment) in zip(order, places, strict=False)
    ]
    return [*others, *moved]


def rules(order: list[str], appeals: dict[str, str] | None = None, *, finished: bool = False) -> set[str]:
    report = check_history(lines_of(a_stayed_history(order, appeals)), finished=finished)
    return {violation.rule for violation in report.violations}


@pytest.mark.parametrize(
    "order",
    [
        ["PaymentsStayed", "PaymentInstructed", "StayLifted", "PaymentSettled"],
        ["PaymentInstructed", "PaymentsStayed", "PaymentSettled", "StayLifted"],
        [*PAID, "PaymentsStayed", "StayLifted"],
    ],
)
def test_a_stay_that_was_kept_holds_and_what_had_left_before_may_settle(order: list[str]) -> None:
    assert rules(order, finished=True) == set()


def test_money_that_was_stayed_and_paid_is_found() -> None:
    order = ["PaymentsStayed", "PaymentInstructed", "PaymentSettled", "StayLifted"]
    assert rules(order) == {"stayed_is_not_paid"}


def test_another_appeal_lifts_nothing_and_a_stay_that_stays_is_not_finished() -> None:
    assert rules([*PAID, "PaymentsStayed", "StayLifted"], {"StayLifted": "a-2"}) == {"lifted_as_stayed"}
    assert rules([*PAID, "PaymentsStayed"], finished=True) == {"finished_appealed"}
    assert rules([*PAID, "PaymentsStayed"]) == set()
