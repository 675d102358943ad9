"""Run adjudication: `python -m services.adjudication`."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from pydantic import Field

from libs.benefits import load_plans
from libs.eventlog import States
from libs.eventlog.stage import Stage
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from services.adjudication.domain.commands import Clocks
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import evolve, initial
from services.adjudication.entrypoints.http import adjudication_router
from services.adjudication.use_cases.hear_events import SUBSCRIPTIONS, hear_events
from services.adjudication.use_cases.pass_deadlines import pass_deadlines


class AdjudicationSettings(ServiceSettings):
    """Settings of adjudication."""

    answer_seconds: float = Field(
        default=30.0, gt=0, description="a claim is answered without what is missing then"
    )
    pended_seconds: float = Field(
        default=72 * 3600.0, gt=0, description="how long the owner of a pend reason has"
    )


async def build(runtime: Runtime[AdjudicationSettings]) -> Parts:
    """The person's stream, the clocks of open claims, and the plans."""
    settings = runtime.settings
    clocks = Clocks(timedelta(seconds=settings.answer_seconds), timedelta(seconds=settings.pended_seconds))
    plans = load_plans()
    states = States("adjudication", initial, evolve)
    stage = Stage(states, partial(decide, plans=plans))
    clock_pump = Pump("deadlines", partial(pass_deadlines, runtime.log, stage, clocks), interval_seconds=1.0)
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, clocks),
        routers=[adjudication_router(runtime.log, stage, plans)],
        pumps=[clock_pump],
        on_reset=states.clear,
    )


if __name__ == "__main__":
    run_service("adjudication", AdjudicationSettings, build, [Path(__file__).parent / "migrations"])
