"""Run charity: `python -m services.charity`."""

from functools import partial
from pathlib import Path

from pydantic import Field

from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import PersonStreamSettings
from services.charity.adapters.person_states import person_states
from services.charity.adapters.programme_files import PROGRAMMES, read_programmes
from services.charity.domain.referring import decide
from services.charity.domain.state import of_claim
from services.charity.entrypoints.http import charity_router
from services.charity.use_cases.hear_events import SUBSCRIPTIONS, hear_events


class CharitySettings(PersonStreamSettings):
    """Settings of charity."""

    charity_programmes: Path = Field(
        default=PROGRAMMES, description="folder of the programmes in force; read once, at the start"
    )


async def build(runtime: Runtime[CharitySettings]) -> Parts:
    """The person's stream, the programmes, and the referrals."""
    programmes = read_programmes(runtime.settings.charity_programmes)
    states = person_states(runtime.settings.snapshots)
    stage = Stage(states, partial(decide, programmes=programmes))
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(stage, runtime.keys),
        routers=[charity_router(runtime.log, programmes)],
        unhurried=True,
        on_reset=states.clear,
        folding=Folding(states, of_claim),
    )


if __name__ == "__main__":
    run_service("charity", CharitySettings, build, [Path(__file__).parent / "migrations"])
