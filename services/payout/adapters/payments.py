"""Payout's working tables: what is to be sent, what was sent in which file, what is posted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class DuePayment:
    """An instructed payment."""

    payment_id: str
    claim_id: str
    person_id: str
    amount_fen: int
    end_to_end_id: str
    creditor: str


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file whose content is fixed."""

    file_id: str
    message_id: str
    closed_at: datetime
    execution_date: date
    attempts: int
    payments: tuple[DuePayment, ...]


_DUE_FIELDS = "payment_id, claim_id, person_id, amount_fen, end_to_end_id, creditor"


async def follow(connection: "Connection", events: Iterable[Event], now: datetime) -> None:
    """Bring the tables up to the events, in the transaction that appends them."""
    known = list(events)
    instructed = [event for event in known if isinstance(event, PaymentInstructed)]
    held = [event for event in known if isinstance(event, PaymentHeld)]
    concluded = [
        event for event in known if isinstance(event, PaymentSettled | PaymentRejected | PaymentReturned)
    ]
    if held:
        await connection.executemany(
            "insert into held (claim_id, person_id) values ($1, $2) on conflict do nothing",
            [(event.claim_id, event.person_id) for event in held],
        )
    if instructed:
        await _insert_payments(connection, instructed)
    if concluded:
        statuses = {PaymentSettled: "settled", PaymentRejected: "rejected", PaymentReturned: "returned"}
        await connection.execute(
            "update payment set status = concluded.status from unnest($1::text[], $2::text[])"
            " as concluded (payment_id, status) where payment.payment_id = concluded.payment_id",
            [event.payment_id for event in concluded],
            [statuses[type(event)] for event in concluded],
        )
    await _post(connection, [*instructed, *concluded], now)


async def _insert_payments(connection: "Connection", instructed: Sequence[PaymentInstructed]) -> None:
    await connection.execute(
        "insert into payment (payment_id, claim_id, person_id, amount_fen, end_to_end_id, creditor, instructed_at)"
        " select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],"
        " $7::timestamptz[])",
        [event.payment_id for event in instructed],
        [event.claim_id for event in instructed],
        [event.person_id for event in instructed],
        [event.amount_fen for event in instructed],
        [event.end_to_end_id for event in instructed],
        [event.creditor for event in instructed],
        [event.instructed_at for event in instructed],
    )
    await connection.execute(
        "delete from held where claim_id = any ($1::text[])", [event.claim_id for event in instructed]
    )


async def _post(
    connection: "Connection",
    events: Sequence[PaymentInstructed | PaymentSettled | PaymentRejected | PaymentReturned],
    now: datetime,
) -> None:
    rows = [
        (event.payment_id, type(event).__name__, posting.account, posting.amount_fen)
        for event in events
        for posting in event.postings
    ]
    if rows:
        await connection.execute(
            "insert into posting (payment_id, event_type, account, amount_fen, posted_at)"
            " select payment_id, event_type, account, amount_fen, $5 from unnest($1::text[], $2::text[],"
            " $3::text[], $4::bigint[]) as new (payment_id, event_type, account, amount_fen)",
            *([row[column] for row in rows] for column in range(4)),
            now,
        )


async def lock_due(connection: "Connection", limit: int) -> list[DuePayment]:
    """Payments that are in no file yet, oldest first, locked for this transaction."""
    rows = await connection.fetch(
        f"select {_DUE_FIELDS} from payment where file_id is null and status = 'instructed'"
        " order by instructed_at limit $1 for update skip locked",
        limit,
    )
    return [DuePayment(*row) for row in rows]


async def close_file(connection: "Connection", file: ClosedFile) -> None:
    """Record a file and put its payments into it."""
    await connection.execute(
        "insert into payment_file (file_id, message_id, closed_at, execution_date) values ($1, $2, $3, $4)",
        file.file_id,
        file.message_id,
        file.closed_at,
        file.execution_date,
    )
    await connection.execute(
        "update payment set file_id = $1 where payment_id = any ($2::text[])",
        file.file_id,
        [payment.payment_id for payment in file.payments],
    )


async def next_file_to_send(connection: "Connection") -> ClosedFile | None:
    """The oldest closed file; its attempt is counted before the file leaves."""
    row = await connection.fetchrow(
        "update payment_file set attempts = attempts + 1 where file_id = ("
        " select file_id from payment_file where status = 'closed' order by closed_at limit 1 for update skip locked)"
        " returning file_id, message_id, closed_at, execution_date, attempts"
    )
    if row is None:
        return None
    payments = await connection.fetch(
        f"select {_DUE_FIELDS} from payment where file_id = $1 order by payment_id", row["file_id"]
    )
    return ClosedFile(
        file_id=row["file_id"],
        message_id=row["message_id"],
        closed_at=row["closed_at"],
        execution_date=row["execution_date"],
        attempts=row["attempts"],
        payments=tuple(DuePayment(*payment) for payment in payments),
    )


async def mark_file(connection: "Connection", file_id: str, status: str, now: datetime) -> None:
    """The bank has taken or refused a file."""
    await connection.execute(
        "update payment_file set status = $2, sent_at = $3 where file_id = $1", file_id, status, now
    )


async def find_payments(connection: "Connection", end_to_end_ids: Iterable[str]) -> dict[str, DuePayment]:
    """Our payments by EndToEndId; ids that are not ours are absent."""
    rows = await connection.fetch(
        f"select {_DUE_FIELDS} from payment where end_to_end_id = any ($1::text[])", list(end_to_end_ids)
    )
    return {row["end_to_end_id"]: DuePayment(*row) for row in rows}


async def payments_of_file(connection: "Connection", message_id: str) -> list[DuePayment]:
    """The payments that a file carries."""
    rows = await connection.fetch(
        f"select {_DUE_FIELDS} from payment join payment_file using (file_id) where message_id = $1",
        message_id,
    )
    return [DuePayment(*row) for row in rows]


async def silent_payments(
    connection: "Connection", sent_before: datetime, limit: int
) -> list[tuple[DuePayment, str]]:
    """Payments whose file the bank took long ago and of which it has said nothing, with their file's MsgId."""
    rows = await connection.fetch(
        f"select {_DUE_FIELDS}, message_id from payment join payment_file using (file_id)"
        " where payment.status = 'instructed' and payment_file.status = 'sent' and sent_at < $1"
        " order by sent_at limit $2",
        sent_before,
        limit,
    )
    return [(DuePayment(*row[:-1]), row["message_id"]) for row in rows]
