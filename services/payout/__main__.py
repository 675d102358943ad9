"""Run payout: `python -m services.payout`."""

from pathlib import Path

from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.staff import operator_desk, staff_of
from services.payout.adapters.account_states import account_states
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.domain.claim_part import of_claim
from services.payout.domain.payments import decide
from services.payout.entrypoints.clawbacks import clawbacks_router
from services.payout.entrypoints.http import payout_router
from services.payout.entrypoints.insurers import insurers_router
from services.payout.entrypoints.pay_again import pay_again_router
from services.payout.entrypoints.pumps import insurer_pumps, payment_pumps
from services.payout.settings import PayoutSettings
from services.payout.use_cases.hear_events import SUBSCRIPTIONS, hear_events


async def build(runtime: Runtime[PayoutSettings]) -> Parts:
    """The person's payments and the insurers' parts, with the pumps that move both on."""
    settings = runtime.settings
    bank = await runtime.resources.enter_async_context(
        Bank(BankSettings(url=settings.bank_url, user=settings.bank_user, password=settings.bank_password))
    )
    states = account_states(settings.snapshots)
    stage = Stage(states, decide)
    payments, insurers = payment_pumps(runtime, stage, bank), insurer_pumps(runtime)
    closing, writing, telling = payments.closing, insurers.writing, insurers.telling
    desk = operator_desk(staff_of(settings.staff_file))
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, runtime.keys.forget, closing.wake, payments.releasing.wake, writing.wake),
        routers=[
            payout_router(runtime.log),
            clawbacks_router(runtime.log, stage),
            pay_again_router(runtime.log, stage, runtime.sealer, desk, closing.wake),
            insurers_router(runtime.log, desk.operator, telling.wake),
        ],
        pumps=[*payments, *insurers],
        on_reset=states.clear,
        folding=Folding(states, of_claim),
    )


if __name__ == "__main__":
    run_service("payout", PayoutSettings, build, [Path(__file__).parent / "migrations"])
