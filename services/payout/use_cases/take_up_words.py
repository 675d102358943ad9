"""Payments are concluded by what the bank had said of them before we could follow it.

After a restore it had spoken of them before they were instructed again; and it may tell a return before the booking.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from libs.eventlog import EventLog, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import bank_words, payments
from services.payout.adapters.bank_words import PaymentWord, What
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, Reject, Return, Settle

WORDS_PER_STEP = 200

# What has been booked comes back, whichever of the two the bank has told first.
_IN_ORDER: Final[tuple[tuple[What, ...], ...]] = (("rejected", "booked"), ("returned",))


async def take_up_words(log: EventLog, stage: Stage[Account, Command]) -> int:
    """Conclude what can be, at most a transaction's worth; returns how many words were taken up."""
    async with log.transaction() as work:
        return await take_up_within(work, stage)


async def take_up_within(work: UnitOfWork, stage: Stage[Account, Command]) -> int:
    """The same inside a transaction that may just have recorded what these words have waited for."""
    return sum([await _take_up(work, stage, what) for what in _IN_ORDER])


async def _take_up(work: UnitOfWork, stage: Stage[Account, Command], what: Collection[What]) -> int:
    known = await bank_words.take_up(work.connection, what, WORDS_PER_STEP)
    if not known:
        return 0
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
