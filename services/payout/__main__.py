"""Run payout: `python -m services.payout`."""

import asyncio
from functools import partial
from pathlib import Path

from aiokafka.errors import KafkaError
from pydantic import Field, SecretStr

from libs.eventlog import EventLogError, States
from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from libs.runtime.staff import operator_desk, read_staff, staff_desk
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_errors import (
    BankAnswersMissing,
    BankAnswerUnreadable,
    BankForgot,
    BankUnreachable,
)
from services.payout.adapters.insurer_topics import KafkaInsurerTopics
from services.payout.domain.account import evolve, initial
from services.payout.domain.claim_part import of_claim
from services.payout.domain.payments import decide
from services.payout.entrypoints.clawbacks import clawbacks_router
from services.payout.entrypoints.http import payout_router
from services.payout.entrypoints.insurers import insurers_router
from services.payout.entrypoints.pay_again import pay_again_router
from services.payout.use_cases.ask_for_silent_payments import ask_for_silent_payments
from services.payout.use_cases.close_files import close_file
from services.payout.use_cases.hear_events import SUBSCRIPTIONS, hear_events
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
# Decisions wake these pumps, too; the interval is the net for what a crash has left, and for a topic that was lost.
INSURER_SECONDS = 5.0
# Their streams are for accounts, not for anybody who waits: each round writes and tells all of them.
INSURER_REST_SECONDS = 0.5


class PayoutSettings(ServiceSettings):
    """Settings of payout. The defaults of the debtor are the demo's account at the demo's bank."""

    bank_url: str
    bank_user: str = ""
    bank_password: SecretStr = SecretStr("")
    debtor_name: str = Field(default="惠济共保体", min_length=1, max_length=140)
    debtor_account: str = Field(default="31050161393600000", pattern=r"^[0-9A-Za-z-]{1,34}$")
    debtor_bank: str = Field(default="105290036005", pattern=r"^[0-9]{12}$", description="CNAPS number")
    payments_per_file: int = Field(
        default=500, ge=1, le=10_000, description="larger files gain nothing at the bank"
    )
    silent_seconds: float = Field(
        default=60.0, gt=0, description="a payment without answer is asked for after this"
    )
    answer_poll_seconds: float = Field(
        default=1.0, gt=0, description="for what the bank says unasked: returns"
    )


async def build(runtime: Runtime[PayoutSettings]) -> Parts:
    """The person's payments, and the pumps: release what was held, close files, send them, hear the bank."""
    settings = runtime.settings
    bank = await runtime.resources.enter_async_context(
        Bank(BankSettings(url=settings.bank_url, user=settings.bank_user, password=settings.bank_password))
    )
    states = States("payout", initial, evolve)
    stage = Stage(states, decide)
    debtor = Debtor(settings.debtor_name, settings.debtor_account, settings.debtor_bank)
    unsure = (BankUnreachable, BankAnswerUnreadable, BankAnswersMissing, BankForgot)

    # Before a first file is closed, everything is read that the bank has to say: books restored from a backup learn
    # from it what they have forgotten.
    bank_is_heard = asyncio.Event()

    async def close_and_wake() -> int:
        if not bank_is_heard.is_set():
            return 0
        taken_up = await take_up_words(runtime.log, stage)
        closed = await close_file(runtime.log, settings.payments_per_file)
        if closed:
            sending.wake()
        return taken_up + closed

    async def read_and_tell() -> int:
        read = await read_answers(runtime.log, stage, bank)
        if not read and not bank_is_heard.is_set():
            bank_is_heard.set()
            closing.wake()
        return read

    async def send_and_wake() -> int:
        sent = await send_file(runtime.log, stage, bank, runtime.sealer, debtor)
        if sent:
            reading.wake()
            closing.wake()
        return sent

    async def release_and_wake() -> int:
        released = await release_held(runtime.log, stage)
        if released:
            closing.wake()
        return released

    releasing = Pump("release held payments", release_and_wake, interval_seconds=RELEASE_SECONDS)
    closing = Pump(
        "close files",
        close_and_wake,
        interval_seconds=1.0,
        full=settings.payments_per_file,
        rest_seconds=FILE_REST_SECONDS,
    )
    sending = Pump(
        "send files",
        send_and_wake,
        interval_seconds=1.0,
        full=settings.payments_per_file,
        retryable=unsure,
    )
    reading = Pump(
        "read answers",
        read_and_tell,
        interval_seconds=settings.answer_poll_seconds,
        full=ANSWERS_PER_STEP,
        retryable=unsure,
    )
    asking = Pump(
        "ask for silent payments",
        partial(ask_for_silent_payments, runtime.log, stage, bank, settings.silent_seconds),
        interval_seconds=settings.silent_seconds / 2,
        retryable=unsure,
    )
    insurers = _insurer_pumps(runtime)
    staff = read_staff(settings.staff_file) if settings.staff_file else None
    who = staff_desk(staff, "operator")
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, runtime.keys.forget, closing.wake, releasing.wake, insurers[0].wake),
        routers=[
            payout_router(runtime.log),
            clawbacks_router(runtime.log, stage),
            pay_again_router(runtime.log, stage, runtime.sealer, operator_desk(staff), closing.wake),
            insurers_router(runtime.log, who, insurers[1].wake),
        ],
        pumps=[releasing, closing, sending, reading, asking, *insurers],
        on_reset=states.clear,
        folding=Folding(states, of_claim),
    )


def _insurer_pumps(runtime: Runtime[PayoutSettings]) -> list[Pump]:
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
    return [writing, telling, looking]


if __name__ == "__main__":
    run_service("payout", PayoutSettings, build, [Path(__file__).parent / "migrations"])
