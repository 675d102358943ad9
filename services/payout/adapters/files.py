"""Payment files: which payments they carry, and whether the bank has answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.payout.adapters.payments import PAYMENTS, DuePayment, payments_of_file

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file whose content is fixed. `attempts` counts the one under way."""

    file_id: str
    message_id: str
    closed_at: datetime
    execution_date: date
    attempts: int
    payments: tuple[DuePayment, ...]


async def is_waiting(connection: "Connection") -> bool:
    """Whether a closed file has not been answered yet."""
    waiting: bool = await connection.fetchval(
        "select exists (select from payment_file where status = 'closed')"
    )
    return waiting


async def lock_due(connection: "Connection", limit: int) -> list[DuePayment]:
    """Payments that are in no file yet and that no appeal stays, oldest first, locked for this transaction.

    One that the bank has spoken of already is in a file that our restored books do not have: not in a second one.
    """
    rows = await connection.fetch(
        f"{PAYMENTS} where file_id is null and payment.status = 'instructed'"
        " and not exists (select from stay where stay.claim_id = payment.claim_id)"
        " and not exists (select from bank_word where bank_word.end_to_end_id = payment.end_to_end_id)"
        " order by instructed_at, payment_id limit $1 for update of payment skip locked",
        limit,
    )
    return [DuePayment(*row) for row in rows]


async def close(connection: "Connection", file: ClosedFile) -> None:
    """Record a file and put its payments into it, for ever."""
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


async def next_to_send(connection: "Connection") -> ClosedFile | None:
    """The oldest closed file; its attempt is counted before the file leaves."""
    row = await connection.fetchrow(
        "update payment_file set attempts = attempts + 1 where file_id = ("
        " select file_id from payment_file where status = 'closed' order by closed_at limit 1 for update skip locked)"
        " returning file_id, message_id, closed_at, execution_date, attempts"
    )
    if row is None:
        return None
    carried: Sequence[DuePayment] = await payments_of_file(connection, row["message_id"])
    return ClosedFile(
        file_id=row["file_id"],
        message_id=row["message_id"],
        closed_at=row["closed_at"],
        execution_date=row["execution_date"],
        attempts=row["attempts"],
        payments=tuple(carried),
    )


async def mark(connection: "Connection", file_id: str, status: str, now: datetime) -> None:
    """The bank has taken or refused a file."""
    await connection.execute(
        "update payment_file set status = $2, sent_at = $3 where file_id = $1", file_id, status, now
    )
