"""A payment of which the bank says nothing is asked for: `already had it` does not mean that it was accepted.

A file refused as a whole uses up its MsgId; if we died before reading that refusal, its copy is a duplicate and no
answer about its payments ever comes (docs/bank.md, "the other trap").
"""

from datetime import timedelta

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import answers, payments
from services.payout.adapters.bank import Bank
from services.payout.adapters.payments import DuePayment
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, Reject

PAYMENTS_PER_STEP = 50
NOT_AT_BANK = "NOT_AT_BANK"


async def ask_for_silent_payments(
    log: EventLog, stage: Stage[Account, Command], bank: Bank, silent_seconds: float
) -> int:
    """Ask once for each of the longest silent payments and record what is final; returns how many were concluded.

    A booked payment is left to its camt.054, which carries the reference and the day. Raises BankForgot: a bank that
    lost its books knows of no payment, and that must not be taken for a refusal.
    """
    async with log.pool.acquire() as connection:
        silent_since = log.clock() - timedelta(seconds=silent_seconds)
        silent = await payments.silent_payments(connection, silent_since, PAYMENTS_PER_STEP)
        recorded = await answers.cursor(connection)
    if not silent:
        return 0
    await bank.ping(recorded)
    refused = [(payment, code) for payment in silent if (code := await _refusal(bank, payment)) is not None]
    async with log.transaction() as work:
        instructions: list[Instruction[Command]] = [
            Instruction(
                f"person-{payment.person_id}",
                Reject(payment.payment_id, code, work.now),
                traceparent=payment.traceparent,
            )
            for payment, code in refused
        ]
        decided = await stage.apply(work, instructions)
        await payments.follow(work.connection, payments.decided_by(instructions, decided), work.now)
        await payments.note_asked(work.connection, silent, work.now)
    return len(refused)


async def _refusal(bank: Bank, payment: DuePayment) -> str | None:
    """Why the bank will not pay; None while it may, or has."""
    assert payment.message_id is not None, "a silent payment is in a file"
    at_bank = await bank.payment(payment.end_to_end_id, payment.message_id)
    if at_bank is None:
        return NOT_AT_BANK
    return (at_bank.reason_code or "NARR") if at_bank.state == "rejected" else None
