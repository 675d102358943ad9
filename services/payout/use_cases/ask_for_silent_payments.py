"""A payment of which the bank says nothing is asked for: `already had it` does not mean that it was accepted.

A file refused as a whole uses up its MsgId; if we died before reading that refusal, its copy is a duplicate and no
answer about its payments ever comes (docs/bank.md, "the other trap").
"""

from datetime import timedelta

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import payments
from services.payout.adapters.bank import Bank
from services.payout.domain.payments import ClaimPayments, Command, Reject

PAYMENTS_PER_STEP = 50
NOT_AT_BANK = "NOT_AT_BANK"


async def ask_for_silent_payments(
    log: EventLog, stage: Stage[ClaimPayments, Command], bank: Bank, silent_seconds: float
) -> int:
    """Ask once for each of the longest silent payments and record what is final; returns how many were concluded.

    A booked payment is left to its camt.054, which carries the reference and the day.
    """
    async with log.pool.acquire() as connection:
        sent_before = log.clock() - timedelta(seconds=silent_seconds)
        silent = await payments.silent_payments(connection, sent_before, PAYMENTS_PER_STEP)
    refused: list[tuple[payments.DuePayment, str]] = []
    for payment, message_id in silent:
        at_bank = await bank.payment(payment.end_to_end_id, message_id)
        if at_bank is None:
            refused.append((payment, NOT_AT_BANK))
        elif at_bank.state == "rejected":
            refused.append((payment, at_bank.reason_code or "NARR"))
    if not refused:
        return 0
    async with log.transaction() as work:
        instructions: list[Instruction[Command]] = [
            Instruction(f"claim-{payment.claim_id}", Reject(payment.payment_id, code, work.now))
            for payment, code in refused
        ]
        decided = await stage.apply(work, instructions)
        events = [event for index in sorted(decided) for event in decided[index]]
        await payments.follow(work.connection, events, work.now)
    return len(refused)
