"""Instructed payments that wait are put into one file, whose content is fixed from then on."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid5

from libs.contracts.city_time import CITY_ZONE
from libs.contracts.payout import PaymentFileClosed
from libs.eventlog import Append, EventLog
from services.payout.adapters import files
from services.payout.adapters.files import ClosedFile

_FILES = UUID("b58c1f6e-0d86-4a55-8f0a-7c1d9a2e6b43")


async def close_file(log: EventLog, payments_per_file: int) -> int:
    """Close one file over everything that is due, at most `payments_per_file`; returns how many payments.

    While a file waits for its answer none is closed: what becomes due meanwhile leaves together (docs/bank.md).
    """
    async with log.transaction() as work:
        if await files.is_waiting(work.connection):
            return 0
        due = await files.lock_due(work.connection, payments_per_file)
        if not due:
            return 0
        file_id = file_id_of(payment.payment_id for payment in due)
        file = ClosedFile(
            file_id=str(file_id),
            message_id=message_id_of(file_id),
            closed_at=work.now,
            execution_date=execution_date(work.now),
            attempts=0,
            payments=tuple(due),
        )
        await files.close(work.connection, file)
        closed = PaymentFileClosed(
            file_id=file.file_id,
            message_id=file.message_id,
            payment_ids=tuple(payment.payment_id for payment in due),
            total_fen=sum(payment.amount_fen for payment in due),
            closed_at=work.now,
        )
        work.append(Append(f"payment-file-{file.file_id}", 0, [closed]))
    return len(due)


def file_id_of(payment_ids: Iterable[str]) -> UUID:
    """Derived: the same payments closed again, by books restored from a backup, are a file that the bank has had."""
    return uuid5(_FILES, ",".join(sorted(payment_ids)))


def message_id_of(file_id: UUID) -> str:
    """34 of the bank's 35 characters."""
    return f"HF{file_id.hex.upper()}"


def execution_date(now: datetime) -> date:
    """Today in China: the bank moves a day that is no banking day to the next one."""
    return now.astimezone(CITY_ZONE).date()
