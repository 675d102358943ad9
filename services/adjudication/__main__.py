"""Run adjudication: `python -m services.adjudication`."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat

from libs.benefits import load_plans
from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import PersonStreamSettings
from libs.runtime.staff import staff_desk, staff_of
from services.adjudication.adapters.authority_file import FIRST_CITY, read_authority
from services.adjudication.adapters.person_states import person_states
from services.adjudication.adapters.plan_archive import archive_plans
from services.adjudication.domain.commands import Clocks
from services.adjudication.domain.process import decide
from services.adjudication.entrypoints.appeals import appeals_router
from services.adjudication.entrypoints.claim_desk import ClaimDesk
from services.adjudication.entrypoints.http import adjudication_router
from services.adjudication.entrypoints.one_stop import one_stop_router
from services.adjudication.entrypoints.plan_archive import plan_archive_router
from services.adjudication.entrypoints.preauthorisations import preauthorisations_router
from services.adjudication.entrypoints.previews import previews_router
from services.adjudication.entrypoints.rulings import rulings_router
from services.adjudication.use_cases.hear_events import SUBSCRIPTIONS, hear_events
from services.adjudication.use_cases.pass_deadlines import pass_deadlines

Owner = Literal["enrolment", "fraud", "hospital", "operator"]


class AdjudicationSettings(PersonStreamSettings):
    """Settings of adjudication."""

    answer_seconds: float = Field(
        default=30.0, gt=0, description="a claim is answered without what is missing then"
    )
    pended_seconds: float = Field(
        default=72 * 3600.0, gt=0, description="how long the owner of a pend reason has"
    )
    pended_seconds_by_owner: dict[Owner, PositiveFloat] = Field(
        default_factory=dict, description="other times for some owners, as a JSON object"
    )
    reservation_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description="how long after its planned discharge a pre-authorised stay may become a claim",
    )
    authority_file: Path = Field(default=FIRST_CITY, description="who may rule alone, and up to how much")


async def build(runtime: Runtime[AdjudicationSettings]) -> Parts:
    """The person's stream, the clocks of open claims, and the plans."""
    settings = runtime.settings
    clocks = _clocks(settings)
    plans = load_plans()
    async with runtime.log.pool.acquire() as connection:
        await archive_plans(connection, plans.values())
    states = person_states(settings.snapshots)
    stage = Stage(states, partial(decide, plans=plans))
    who = staff_desk(staff_of(settings.staff_file))
    desk = ClaimDesk(runtime.log, stage, clocks, read_authority(settings.authority_file), who)
    clock_pump = Pump("deadlines", partial(pass_deadlines, runtime.log, stage, clocks), interval_seconds=1.0)
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, clocks),
        routers=[
            plan_archive_router(runtime.log),
            adjudication_router(runtime.log, stage, plans),
            previews_router(runtime.log, stage, plans, clocks),
            preauthorisations_router(runtime.log, stage, clocks),
            rulings_router(desk),
            appeals_router(desk),
            one_stop_router(desk),
        ],
        pumps=[clock_pump],
        on_reset=states.clear,
        folding=Folding(states, lambda person, claim_id: person.claims.get(claim_id)),
    )


def _clocks(settings: AdjudicationSettings) -> Clocks:
    by_owner: dict[str, timedelta] = {
        owner: timedelta(seconds=seconds) for owner, seconds in settings.pended_seconds_by_owner.items()
    }
    return Clocks(
        timedelta(seconds=settings.answer_seconds),
        timedelta(seconds=settings.pended_seconds),
        by_owner,
        timedelta(days=settings.reservation_days),
    )


if __name__ == "__main__":
    run_service("adjudication", AdjudicationSettings, build, [Path(__file__).parent / "migrations"])
