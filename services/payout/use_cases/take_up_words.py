"""After a restore: payments instructed again are concluded by what the bank had already said of them."""

from datetime import datetime

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import bank_words, payments
from services.payout.adapters.bank_words import PaymentWord
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, Reject, Return, Settle

WORDS_PER_STEP = 200


async def take_up_words(log: EventLog, stage: Stage[Account, Command]) -> int:
    """Conclude what can be, at most a transaction's worth; returns how many words were taken up."""
    async with log.transaction() as work:
        known = await bank_words.take_up(work.connection, WORDS_PER_STEP)
        final = [(each, command) for each in known if (command := _command(each, work.now)) is not None]
        instructions = [
            Instruction(f"person-{each.person_id}", command, traceparent=each.traceparent)
            for each, command in final
        ]
        decided = await stage.apply(work, instructions)
        await payments.follow(work.connection, payments.decided_by(instructions, decided), work.now)
        fitting = [each.word for index, (each, _) in enumerate(final) if decided[index]]
        await bank_words.matched(work.connection, fitting)
    return len(known)


def _command(each: PaymentWord, now: datetime) -> Command | None:
    """None when the bank moved another amount: the unmatched queue has it, and the payment stays where it is."""
    word = each.word
    if word.what == "rejected":
        return Reject(each.payment_id, word.reason_code or "NARR", now)
    if word.amount_fen != each.payment_fen:
        return None
    reference = word.bank_reference or ""
    if word.what == "booked":
        return Settle(each.payment_id, each.payment_fen, reference, word.booked_at or now, now)
    return Return(each.payment_id, each.payment_fen, reference, word.reason_code or "NARR", now)
