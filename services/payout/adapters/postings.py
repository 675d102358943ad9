"""The ledger's double entries as a table that follows the log."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from libs.contracts import Event
from libs.contracts.insurers import InsurerStatementClosed, InsurerStatementSettled
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    DeskSettlementBooked,
    LedgerPosting,
    PaymentCancelled,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    UnpayableReduced,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


class _Booked(Protocol):
    postings: tuple[LedgerPosting, ...]


ENTRY_IDS: Final[Mapping[type[Event], Callable[[Any], str]]] = {
    **dict.fromkeys(
        (PaymentInstructed, PaymentCancelled, PaymentSettled, PaymentRejected, PaymentReturned),
        attrgetter("payment_id"),
    ),
    **dict.fromkeys((ClawbackRaised, ClawbackWrittenOff), attrgetter("clawback_id")),
    **dict.fromkeys((InsurerStatementClosed, InsurerStatementSettled), attrgetter("statement_id")),
    # A netting of a decision may make good a loss beside what is open.
    ClawbackNetted: attrgetter("netting_id"),
    ClawbackRepaid: attrgetter("repayment_id"),
    DeskSettlementBooked: attrgetter("booking_id"),
    UnpayableReduced: lambda event: f"{event.payment_id}/{event.caused_by_decision_id}",
}
"""What makes an event's entry one: with the event's type it can be booked once."""


async def post(connection: "Connection", events: Iterable[Event], now: datetime) -> None:
    """Book the entries of the events among these that have some, in one statement."""
    booked = [(id_of(event), event) for event in events if (id_of := ENTRY_IDS.get(type(event)))]
    rows = [
        (entry_id, type(event).__name__, posting.account, posting.amount_fen)
        for entry_id, event in booked
        for posting in cast(_Booked, event).postings
    ]
    if rows:
        await connection.execute(
            "insert into posting (entry_id, event_type, account, amount_fen, posted_at)"
            " select entry_id, event_type, account, amount_fen, $5 from unnest($1::text[], $2::text[],"
            " $3::text[], $4::bigint[]) as new (entry_id, event_type, account, amount_fen)",
            *([row[column] for row in rows] for column in range(4)),
            now,
        )
