"""What the bank says of payments becomes events; its numbered answers are read once each, whatever crashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from libs.interop.iso20022 import BookedEntry, StatusReport
from services.payout.adapters import answers as answers_table
from services.payout.adapters import bank_words, payments
from services.payout.adapters.answers import Unmatched
from services.payout.adapters.bank import Bank
from services.payout.adapters.bank_answers import Answer
from services.payout.adapters.bank_words import BankWord, What
from services.payout.adapters.payments import DuePayment
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, Reject, Return, Settle
from services.payout.domain.ids import END_TO_END_PREFIX
from services.payout.use_cases.take_up_words import take_up_within

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

ANSWERS_PER_STEP = 20


@dataclass
class _Reading:
    """What a run of answers asks for. `bookings`: the entry behind an instruction, by the instruction's index.

    `words`: what is said of our payments under files that we do not know; our books were restored then.
    `returns`: the word to keep of an instruction that turns out to be of a return before its booking, by its index.
    """

    instructions: list[Instruction[Command]]
    unmatched: list[Unmatched]
    bookings: dict[int, Unmatched]
    words: list[BankWord]
    returns: dict[int, BankWord]


async def read_answers(log: EventLog, stage: Stage[Account, Command], bank: Bank) -> int:
    """Record the bank's next answers; returns how many there were.

    Raises BankUnreachable, BankAnswerUnreadable or BankAnswersMissing; nothing is recorded then.
    """
    async with log.pool.acquire() as connection:
        after = await answers_table.cursor(connection)
    answers = await bank.answers(after, ANSWERS_PER_STEP)
    if not answers:
        return 0
    async with log.transaction() as work:
        if not await answers_table.advance(work.connection, after, answers[-1].position):
            return len(answers)  # another process has recorded them
        reading = await _read(work.connection, answers, work.now)
        decided = await stage.apply(work, reading.instructions)
        await payments.follow(work.connection, payments.decided_by(reading.instructions, decided), work.now)
        # Money moved that our books do not expect to move, like the booking of a payment we take for rejected.
        unexpected = [entry for index, entry in reading.bookings.items() if not decided[index]]
        await answers_table.note_unmatched(work.connection, [*reading.unmatched, *unexpected], work.now)
        # A return whose booking the bank has not told yet waits for it (take_up_words).
        early = [word for index, word in reading.returns.items() if not decided[index]]
        await bank_words.note(work.connection, [*reading.words, *early])
        await take_up_within(work, stage)
    return len(answers)


async def _read(connection: "Connection", answers: Sequence[Answer], now: datetime) -> _Reading:
    ours = await payments.find_payments(connection, _end_to_end_ids(answers))
    reading = _Reading([], [], {}, [], {})
    for answer in answers:
        match answer.content:
            case StatusReport() as report:
                await _read_report(connection, answer.position, report, ours, now, reading)
            case None:
                continue
            case notifications:
                entries = [entry for notification in notifications for entry in notification.entries]
                for index, entry in enumerate(entries):
                    _read_entry(answer.position, index, entry, ours, now, reading)
    return reading


async def _read_report(
    connection: "Connection",
    position: int,
    report: StatusReport,
    ours: dict[str, DuePayment],
    now: datetime,
    reading: _Reading,
) -> None:
    """Only refusals matter here: acceptance settles nothing. A refused copy says nothing of the first file."""
    if report.refuses_a_copy:
        return
    if report.group_status == "RJCT" and not report.transactions:
        code = report.group_reasons[0].code if report.group_reasons else "NARR"
        refused = await payments.payments_of_file(connection, report.original_message_id)
        reading.instructions += [
            _instruction(payment, Reject(payment.payment_id, code, now)) for payment in refused
        ]
    for index, transaction in enumerate(report.transactions):
        payment = ours.get(transaction.end_to_end_id)
        is_refused = transaction.status == "RJCT"
        code = transaction.reasons[0].code if transaction.reasons else "NARR"
        if payment is None or payment.message_id != report.original_message_id:
            what: What = "rejected" if is_refused else "known"
            _note_word(reading, BankWord(position, index, transaction.end_to_end_id, what, reason_code=code))
        elif is_refused:
            reading.instructions.append(_instruction(payment, Reject(payment.payment_id, code, now)))


def _read_entry(
    position: int,
    index: int,
    entry: BookedEntry,
    ours: dict[str, DuePayment],
    now: datetime,
    reading: _Reading,
) -> None:
    payment = ours.get(entry.end_to_end_id or "")
    booked_at = entry.booked_at or datetime.combine(entry.booked_on, time(), UTC)
    code = entry.return_reason or "NARR"

    def unmatched(what: str) -> Unmatched:
        reference = entry.bank_reference
        return Unmatched(position, index, what, entry.end_to_end_id, entry.amount_fen, reference)

    what: What = "booked" if entry.direction == "debit" else "returned"
    word = BankWord(
        position,
        index,
        entry.end_to_end_id or "",
        what,
        entry.amount_fen,
        entry.bank_reference,
        code,
        booked_at,
    )
    if payment is None or entry.original_message_id not in (None, payment.message_id):
        reading.unmatched.append(unmatched("unknown_payment"))
        _note_word(reading, word)
        return
    if payment.amount_fen != entry.amount_fen:
        reading.unmatched.append(unmatched("amount_differs"))
        return
    if entry.direction == "debit":
        command: Command = Settle(payment.payment_id, entry.amount_fen, entry.bank_reference, booked_at, now)
    else:
        command = Return(payment.payment_id, entry.amount_fen, entry.bank_reference, code, now)
        reading.returns[len(reading.instructions)] = word
    reading.bookings[len(reading.instructions)] = unmatched("not_expected")
    reading.instructions.append(_instruction(payment, command))


def _note_word(reading: _Reading, word: BankWord) -> None:
    if word.end_to_end_id.startswith(END_TO_END_PREFIX):
        reading.words.append(word)


def _instruction(payment: DuePayment, command: Command) -> Instruction[Command]:
    return Instruction(f"person-{payment.person_id}", command, traceparent=payment.traceparent)


def _end_to_end_ids(answers: Sequence[Answer]) -> set[str]:
    found: set[str] = set()
    for answer in answers:
        match answer.content:
            case StatusReport() as report:
                found |= {transaction.end_to_end_id for transaction in report.transactions}
            case None:
                continue
            case notifications:
                entries = (entry for notification in notifications for entry in notification.entries)
                found |= {entry.end_to_end_id for entry in entries if entry.end_to_end_id}
    return found
