"""Payout's pumps: what is not done in the consumer's transaction, and which of them wakes which."""

import asyncio
from functools import partial
from typing import NamedTuple

from aiokafka.errors import KafkaError

from libs.eventlog import EventLogError
from libs.eventlog.stage import Stage
from libs.runtime.pump import Pump
from libs.runtime.service import Runtime
from services.payout.adapters.bank import Bank
from services.payout.adapters.bank_errors import (
    BankAnswersMissing,
    BankAnswerUnreadable,
    BankForgot,
    BankUnreachable,
)
from services.payout.adapters.insurer_topics import KafkaInsurerTopics
from services.payout.domain.account import Account
from services.payout.domain.commands import Command
from services.payout.settings import PayoutSettings
from services.payout.use_cases.ask_for_silent_payments import ask_for_silent_payments
from services.payout.use_cases.close_files import close_file
from services.payout.use_cases.read_answers import ANSWERS_PER_STEP, read_answers
from services.payout.use_cases.release_held import release_held
from services.payout.use_cases.send_files import Debtor, send_file
from services.payout.use_cases.take_up_words import take_up_words
from services.payout.use_cases.tell_insurers import look_for_lost_topics, tell_insurers
from services.payout.use_cases.write_insurer_streams import write_insurer_streams

# Accounts that become known wake the pump; the interval is the net for one that was heard beside its decision.
RELEASE_SECONDS = 5.0
# A file costs us and the bank the same for one payment as for hundreds: some 40 ms of processor time all told.
FILE_REST_SECONDS = 0.15
# After a large file the next one gathers for longer, so that files grow when there is more to pay than can be: in files
# of 300 a payment takes a quarter less of payout, database and bank than of 70. At half of the most that can be paid
# files stay smaller, and who waits for one payment does not wait for this.
LARGE_FILE_PAYMENTS = 100
GATHER_SECONDS_PER_PAYMENT = 0.0025
LONGEST_GATHER_SECONDS = 0.85
# Decisions wake these pumps, too; the interval is the net for what a crash has left, and for a topic that was lost.
INSURER_SECONDS = 5.0
# Their streams are for accounts, not for anybody who waits: each round writes and tells all of them, at 10 ms of
# processor time whatever there is.
INSURER_REST_SECONDS = 2.0


_UNSURE = (BankUnreachable, BankAnswerUnreadable, BankAnswersMissing, BankForgot)


class PaymentPumps(NamedTuple):
    """From what is due to what the bank has said of it."""

    releasing: Pump
    closing: Pump
    sending: Pump
    reading: Pump
    asking: Pump


class InsurerPumps(NamedTuple):
    """From what is noted with a decision to what each insurer reads."""

    writing: Pump
    telling: Pump
    looking: Pump


def payment_pumps(
    runtime: Runtime[PayoutSettings], stage: Stage[Account, Command], bank: Bank
) -> PaymentPumps:
    """Release what was held, close files, send them, hear the bank, ask it for what it says nothing of."""
    settings, log = runtime.settings, runtime.log
    debtor = Debtor(settings.debtor_name, settings.debtor_account, settings.debtor_bank)
    # Before a first file is closed, everything is read that the bank has to say: books restored from a backup learn
    # from it what they have forgotten.
    bank_is_heard = asyncio.Event()

    async def release_and_wake() -> int:
        released = await release_held(log, stage)
        if released:
            closing.wake()
        return released

    async def close_and_wake() -> int:
        if not bank_is_heard.is_set():
            return 0
        taken_up = await take_up_words(log, stage)
        closed = await close_file(log, settings.payments_per_file)
        if closed:
            sending.wake()
            await asyncio.sleep(gathering_seconds(closed, settings.payments_per_file))
        return taken_up + closed

    async def send_and_wake() -> int:
        sent = await send_file(log, stage, bank, runtime.sealer, debtor)
        if sent:
            reading.wake()
            closing.wake()
        return sent

    async def read_and_tell() -> int:
        read = await read_answers(log, stage, bank)
        if not read and not bank_is_heard.is_set():
            bank_is_heard.set()
            closing.wake()
        return read

    ask = partial(ask_for_silent_payments, log, stage, bank, settings.silent_seconds)
    full, poll_seconds = settings.payments_per_file, settings.answer_poll_seconds
    releasing = Pump("release held payments", release_and_wake, interval_seconds=RELEASE_SECONDS)
    closing = Pump(
        "close files", close_and_wake, interval_seconds=1.0, full=full, rest_seconds=FILE_REST_SECONDS
    )
    sending = Pump("send files", send_and_wake, interval_seconds=1.0, full=full, retryable=_UNSURE)
    reading = Pump(
        "read answers", read_and_tell, interval_seconds=poll_seconds, full=ANSWERS_PER_STEP, retryable=_UNSURE
    )
    asking = Pump(
        "ask for silent payments", ask, interval_seconds=settings.silent_seconds / 2, retryable=_UNSURE
    )
    return PaymentPumps(releasing, closing, sending, reading, asking)


def gathering_seconds(payments: int, payments_per_file: int) -> float:
    """How long the next file waits after one of so many payments; a full one has left some behind, and is followed."""
    more = payments - LARGE_FILE_PAYMENTS
    if more <= 0 or payments >= payments_per_file:
        return 0.0
    return min(more * GATHER_SECONDS_PER_PAYMENT, LONGEST_GATHER_SECONDS)


def insurer_pumps(runtime: Runtime[PayoutSettings]) -> InsurerPumps:
    """Write what insurers bear to their streams, tell it on their topics, and look whether a topic was lost."""
    topics = KafkaInsurerTopics(runtime.settings.kafka, runtime.settings.replication_factor)
    runtime.resources.push_async_callback(topics.stop)

    async def write_and_tell() -> int:
        written = await write_insurer_streams(runtime.log)
        if written:
            telling.wake()
        return written

    writing = Pump(
        "write insurers' streams",
        write_and_tell,
        interval_seconds=INSURER_SECONDS,
        rest_seconds=INSURER_REST_SECONDS,
    )
    telling = Pump(
        "tell insurers",
        partial(tell_insurers, runtime.log, topics),
        interval_seconds=INSURER_SECONDS,
        retryable=(KafkaError, EventLogError),
    )
    looking = Pump(
        "look for insurers' lost topics",
        partial(look_for_lost_topics, runtime.log, topics),
        interval_seconds=runtime.settings.tail_check_seconds,
        retryable=(KafkaError, EventLogError),
    )
    return InsurerPumps(writing, telling, looking)
