"""The ledger's double entries as a table that follows the log."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.insurers import InsurerStatementClosed, InsurerStatementSettled
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    DeskSettlementBooked,
    PaymentCancelled,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    UnpayableReduced,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

Booked = (
    PaymentInstructed
    | PaymentCancelled
    | PaymentSettled
    | PaymentRejected
    | PaymentReturned
    | UnpayableReduced
    | ClawbackRaised
    | ClawbackNetted
    | ClawbackRepaid
    | ClawbackWrittenOff
    | InsurerStatementClosed
    | InsurerStatementSettled
    | DeskSettlementBooked
)


async def post(connection: "Connection", events: Iterable[Event], now: datetime) -> None:
    """Book the entries of the events among these that have some, in one statement."""
    rows = [
        (_entry_id(event), type(event).__name__, posting.account, posting.amount_fen)
        for event in events
        if isinstance(event, Booked)
        for posting in event.postings
    ]
    if rows:
        await connection.execute(
            "insert into posting (entry_id, event_type, account, amount_fen, posted_at)"
            " select entry_id, event_type, account, amount_fen, $5 from unnest($1::text[], $2::text[],"
            " $3::text[], $4::bigint[]) as new (entry_id, event_type, account, amount_fen)",
            *([row[column] for row in rows] for column in range(4)),
            now,
        )


def _entry_id(event: Booked) -> str:
    """What makes the entry one: with the event's type it can be booked once."""
    match event:
        case ClawbackNetted():
            # A netting of a decision may make good a loss beside what is open.
            return event.netting_id
        case ClawbackRepaid():
            return event.repayment_id
        case DeskSettlementBooked():
            return event.booking_id
        case ClawbackRaised() | ClawbackWrittenOff():
            return event.clawback_id
        case InsurerStatementClosed() | InsurerStatementSettled():
            return event.statement_id
        case UnpayableReduced():
            return f"{event.payment_id}/{event.caused_by_decision_id}"
        case _:
            return event.payment_id
