"""A closed file goes to the bank, the same bytes as often as it takes until the bank has answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from libs.interop.iso20022 import FieldInvalid, Payment, PaymentFile, build_pain001, check_payment
from libs.privacy import Erased, PrivacyError, Sealer
from services.payout.adapters import answers, files, payments
from services.payout.adapters.bank import Bank
from services.payout.adapters.bank_errors import BankRefusedFile
from services.payout.adapters.files import ClosedFile
from services.payout.adapters.payments import DuePayment
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, Reject

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
    log: EventLog, stage: Stage[Account, Command], bank: Bank, sealer: Sealer, debtor: Debtor
) -> int:
    """Send the oldest closed file; returns how many payments it carried, 0 when none waits.

    Raises BankUnreachable or BankAnswerUnreadable: the file stays closed and is sent again. Raises BankForgot before
    a second attempt at a bank that has lost its books: it would pay the file again.
    """
    async with log.pool.acquire() as connection:
        file = await files.next_to_send(connection)
        recorded = await answers.cursor(connection)
    if file is None:
        return 0
    if file.attempts > 1:
        await bank.ping(recorded)
    sendable, rejects = await _creditors(file, sealer)
    status = "sent"
    if sendable:
        try:
            await bank.send(_to_bytes(file, debtor, sendable), file.message_id)
        except BankRefusedFile as error:
            logger.error("bank_refused_file", message_id=file.message_id, reason=error.reason_code)
            status = "refused"
            rejects += [(payment, error.reason_code) for payment, _ in sendable]
    await _conclude(log, stage, file, status, rejects)
    return len(file.payments)


async def _creditors(
    file: ClosedFile, sealer: Sealer
) -> tuple[list[tuple[DuePayment, Payment]], list[tuple[DuePayment, str]]]:
    """Payments with their creditor's name and account, and those that cannot be sent, with the reason.

    On a later attempt an erased person's payment may already be at the bank: it is left out here and, unlike on the
    first attempt, not rejected: the bank's answers decide.
    """
    sendable: list[tuple[DuePayment, Payment]] = []
    unsendable: list[tuple[DuePayment, str]] = []
    for payment, document in zip(file.payments, await _identities(file.payments, sealer), strict=True):
        if isinstance(document, Erased):
            if file.attempts == 1:
                unsendable.append((payment, ERASED))
            continue
        try:
            sendable.append((payment, _to_payment(payment, document)))
        except FieldInvalid as error:
            logger.error("payment_unsendable", payment_id=payment.payment_id, reason=str(error))
            unsendable.append((payment, UNSENDABLE))
    return sendable, unsendable


async def _identities(due: Sequence[DuePayment], sealer: Sealer) -> list[dict[str, Any] | Erased]:
    """The creditors' identities in one round trip, or one by one when a seal among them is broken: {} for that."""
    try:
        return await sealer.unseal_many([(payment.creditor, IDENTITY_CONTEXT) for payment in due])
    except PrivacyError as error:
        if len(due) == 1:
            logger.error("identity_unreadable", payment_id=due[0].payment_id, reason=error.code)
            return [{}]
    return [identity for payment in due for identity in await _identities([payment], sealer)]


def _to_payment(due: DuePayment, identity: dict[str, Any]) -> Payment:
    """Raises FieldInvalid when the identity lacks what a payment needs, or no file could carry it."""
    payment = Payment(
        end_to_end_id=due.end_to_end_id,
        amount_fen=due.amount_fen,
        creditor_name=_text(identity, "name"),
        creditor_account=_text(identity, "account"),
        creditor_bank=_text(identity, "account_bank"),
    )
    check_payment(payment)
    return payment


def _text(identity: dict[str, Any], name: str) -> str:
    value = identity.get(name)
    return value if isinstance(value, str) else ""


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
    stage: Stage[Account, Command],
    file: ClosedFile,
    status: str,
    rejects: Sequence[tuple[DuePayment, str]],
) -> None:
    async with log.transaction() as work:
        instructions: list[Instruction[Command]] = [
            Instruction(
                f"person-{payment.person_id}",
                Reject(payment.payment_id, code, work.now),
                traceparent=payment.traceparent,
            )
            for payment, code in rejects
        ]
        decided = await stage.apply(work, instructions)
        await payments.follow(work.connection, payments.decided_by(instructions, decided), work.now)
        await files.mark(work.connection, file.file_id, status, work.now)
