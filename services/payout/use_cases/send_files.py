"""A closed file goes to the bank, the same bytes as often as it takes until the bank has answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from libs.interop.iso20022 import FieldInvalid, Payment, PaymentFile, build_pain001
from libs.privacy import Erased, Sealer
from services.payout.adapters import answers, payments
from services.payout.adapters.bank import Bank
from services.payout.adapters.bank_errors import BankRefusedFile
from services.payout.adapters.payments import ClosedFile, DuePayment
from services.payout.domain.payments import ClaimPayments, Command, Reject

logger = structlog.get_logger(__name__)

IDENTITY_CONTEXT = "CoverageActivated.identity"
ERASED = "ERASED"
UNSENDABLE = "UNSENDABLE"


@dataclass(frozen=True, slots=True)
class Debtor:
    """The account the pool pays from."""

    name: str
    account: str
    bank: str


async def send_file(
    log: EventLog, stage: Stage[ClaimPayments, Command], bank: Bank, sealer: Sealer, debtor: Debtor
) -> int:
    """Send the oldest closed file; returns how many payments it carried, 0 when none waits.

    Raises BankUnreachable or BankAnswerUnreadable: the file stays closed and is sent again. Raises BankForgot before
    a second attempt at a bank that has lost its books: it would pay the file again.
    """
    async with log.pool.acquire() as connection:
        file = await payments.next_file_to_send(connection)
        recorded = await answers.cursor(connection)
    if file is None:
        return 0
    if file.attempts > 1:
        await bank.ping(recorded)
    sendable, unsendable = await _creditors(file, sealer)
    refused: str | None = None
    if sendable:
        try:
            await bank.send(_to_bytes(file, debtor, sendable), file.message_id)
        except BankRefusedFile as error:
            logger.error("bank_refused_file", message_id=file.message_id, reason=error.reason_code)
            refused = error.reason_code
    rejects = [(payment, code) for payment, code in unsendable]
    if refused is not None:
        rejects += [(payment, refused) for payment, _ in sendable]
    await _conclude(log, stage, file, "sent" if refused is None else "refused", rejects)
    return len(file.payments)


async def _creditors(
    file: ClosedFile, sealer: Sealer
) -> tuple[list[tuple[DuePayment, Payment]], list[tuple[DuePayment, str]]]:
    """Payments with their creditor's name and account, and those that cannot be sent, with the reason.

    On a later attempt an erased person's payment may already be at the bank: it is left out here and, unlike on the
    first attempt, not rejected: the bank's answers decide.
    """
    documents = await sealer.unseal_many([(payment.creditor, IDENTITY_CONTEXT) for payment in file.payments])
    sendable: list[tuple[DuePayment, Payment]] = []
    unsendable: list[tuple[DuePayment, str]] = []
    for payment, document in zip(file.payments, documents, strict=True):
        if isinstance(document, Erased):
            if file.attempts == 1:
                unsendable.append((payment, ERASED))
            continue
        try:
            sendable.append((payment, _to_payment(payment, document)))
        except FieldInvalid:
            unsendable.append((payment, UNSENDABLE))
    return sendable, unsendable


def _to_payment(due: DuePayment, identity: dict[str, Any]) -> Payment:
    return Payment(
        end_to_end_id=due.end_to_end_id,
        amount_fen=due.amount_fen,
        creditor_name=identity["name"],
        creditor_account=identity["account"],
        creditor_bank=identity["account_bank"],
    )


def _to_bytes(file: ClosedFile, debtor: Debtor, sendable: Sequence[tuple[DuePayment, Payment]]) -> bytes:
    return build_pain001(
        PaymentFile(
            message_id=file.message_id,
            created_at=file.closed_at,
            execution_date=file.execution_date,
            debtor_name=debtor.name,
            debtor_account=debtor.account,
            debtor_bank=debtor.bank,
            payments=tuple(payment for _, payment in sendable),
        )
    )


async def _conclude(
    log: EventLog,
    stage: Stage[ClaimPayments, Command],
    file: ClosedFile,
    status: str,
    rejects: Sequence[tuple[DuePayment, str]],
) -> None:
    async with log.transaction() as work:
        now: datetime = work.now
        instructions: list[Instruction[Command]] = [
            Instruction(f"claim-{payment.claim_id}", Reject(payment.payment_id, code, now))
            for payment, code in rejects
        ]
        decided = await stage.apply(work, instructions)
        events = [event for index in sorted(decided) for event in decided[index]]
        await payments.follow(work.connection, events, now)
        await payments.mark_file(work.connection, file.file_id, status, now)
