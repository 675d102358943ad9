"""Run payout: `python -m services.payout`."""

from functools import partial
from pathlib import Path

from pydantic import Field, SecretStr

from libs.eventlog import States
from libs.eventlog.stage import Stage
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_errors import (
    BankAnswersMissing,
    BankAnswerUnreadable,
    BankForgot,
    BankUnreachable,
)
from services.payout.domain.payments import decide, evolve, initial
from services.payout.entrypoints.http import payout_router
from services.payout.use_cases.ask_for_silent_payments import ask_for_silent_payments
from services.payout.use_cases.close_files import close_file
from services.payout.use_cases.hear_events import SUBSCRIPTIONS, hear_events
from services.payout.use_cases.read_answers import read_answers
from services.payout.use_cases.send_files import Debtor, send_file


class PayoutSettings(ServiceSettings):
    """Settings of payout. The defaults of the debtor are the demo's account at the demo's bank."""

    bank_url: str
    bank_user: str = ""
    bank_password: SecretStr = SecretStr("")
    debtor_name: str = "惠济共保体"
    debtor_account: str = "31050161393600000"
    debtor_bank: str = "105290036005"
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
    """The claim's payments, and three pumps: close files, send them, read what the bank says."""
    settings = runtime.settings
    bank = await runtime.resources.enter_async_context(
        Bank(BankSettings(url=settings.bank_url, user=settings.bank_user, password=settings.bank_password))
    )
    states = States("payout", initial, evolve)
    stage = Stage(states, decide)
    debtor = Debtor(settings.debtor_name, settings.debtor_account, settings.debtor_bank)
    unsure = (BankUnreachable, BankAnswerUnreadable, BankAnswersMissing, BankForgot)

    async def close_and_wake() -> int:
        closed = await close_file(runtime.log, settings.payments_per_file)
        if closed:
            sending.wake()
        return closed

    async def send_and_wake() -> int:
        sent = await send_file(runtime.log, stage, bank, runtime.sealer, debtor)
        if sent:
            reading.wake()
        return sent

    closing = Pump("close files", close_and_wake, interval_seconds=1.0)
    sending = Pump("send files", send_and_wake, interval_seconds=1.0, retryable=unsure)
    reading = Pump(
        "read answers",
        partial(read_answers, runtime.log, stage, bank),
        interval_seconds=settings.answer_poll_seconds,
        retryable=unsure,
    )
    asking = Pump(
        "ask for silent payments",
        partial(ask_for_silent_payments, runtime.log, stage, bank, settings.silent_seconds),
        interval_seconds=settings.silent_seconds / 2,
        retryable=unsure,
    )
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, runtime.keys.forget, closing.wake),
        routers=[payout_router(runtime.log)],
        pumps=[closing, sending, reading, asking],
        on_reset=states.clear,
    )


if __name__ == "__main__":
    run_service("payout", PayoutSettings, build, [Path(__file__).parent / "migrations"])
