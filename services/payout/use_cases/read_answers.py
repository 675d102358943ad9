"""What the bank says of payments becomes events; its numbered answers are read once each, whatever crashes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class _Booking:
    """An entry of the bank's, and its place in what it has told."""

    position: int
    index: int
    entry: BookedEntry

    @property
    def booked_at(self) -> datetime:
        return self.entry.booked_at or datetime.combine(self.entry.booked_on, time(), UTC)

    @property
    def is_return(self) -> bool:
        return self.entry.direction == "credit"

    @property
    def reason_code(self) -> str:
        return self.entry.return_reason or "NARR"

    def unmatched(self, what: str) -> Unmatched:
        entry = self.entry
        return Unmatched(
            self.position, self.index, what, entry.end_to_end_id, entry.amount_fen, entry.bank_reference
        )

    def word(self) -> BankWord:
        entry = self.entry
        return BankWord(
            self.position,
            self.index,
            entry.end_to_end_id or "",
            "returned" if self.is_return else "booked",
            entry.amount_fen,
            entry.bank_reference,
            self.reason_code,
            self.booked_at,
        )


@dataclass
class _Reading:
    """What a run of answers asks for. `bookings`: what is behind an instruction, by the instruction's index.

    `words`: what is said of our payments under files that we do not know; our books were restored then.
    """

    instructions: list[Instruction[Command]] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    bookings: dict[int, _Booking] = field(default_factory=dict)
    words: list[BankWord] = field(default_factory=list)


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
        unexpected = [booking for index, booking in reading.bookings.items() if not decided[index]]
        reading.unmatched += [booking.unmatched("not_expected") for booking in unexpected]
        # A return whose booking the bank has not told yet waits for it (take_up_words).
        reading.words += [booking.word() for booking in unexpected if booking.is_return]
        await answers_table.note_unmatched(work.connection, reading.unmatched, work.now)
        await bank_words.note(work.connection, reading.words)
        await take_up_within(work, stage)
    return len(answers)


async def _read(connection: "Connection", answers: Sequence[Answer], now: datetime) -> _Reading:
    ours = await payments.find_payments(connection, _end_to_end_ids(answers))
    reading = _Reading()
    for answer in answers:
        match answer.content:
            case StatusReport() as report:
                await _read_report(connection, answer.position, report, ours, now, reading)
            case None:
                continue
            case notifications:
                entries = [entry for notification in notifications for entry in notification.entries]
                for index, entry in enumerate(entries):
                    _read_booking(_Booking(answer.position, index, entry), ours, now, reading)
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


def _read_booking(booking: _Booking, ours: dict[str, DuePayment], now: datetime, reading: _Reading) -> None:
    entry = booking.entry
    payment = ours.get(entry.end_to_end_id or "")
    if payment is None or entry.original_message_id not in (None, payment.message_id):
        reading.unmatched.append(booking.unmatched("unknown_payment"))
        _note_word(reading, booking.word())
        return
    if payment.amount_fen != entry.amount_fen:
        reading.unmatched.append(booking.unmatched("amount_differs"))
        return
    payment_id, amount_fen, reference = payment.payment_id, entry.amount_fen, entry.bank_reference
    if booking.is_return:
        command: Command = Return(payment_id, amount_fen, reference, booking.reason_code, now)
    else:
        command = Settle(payment_id, amount_fen, reference, booking.booked_at, now)
    reading.bookings[len(reading.instructions)] = booking
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
