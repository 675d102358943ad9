"""Run medical data: `python -m services.medical_data`."""

from functools import partial
from itertools import cycle
from pathlib import Path

import httpx2

from libs.eventlog import States
from libs.eventlog.stage import Stage
from libs.runtime.history import Folding
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from services.medical_data.adapters.bureau import Bureau
from services.medical_data.domain.attaching import decide, evolve, initial
from services.medical_data.entrypoints.http import medical_data_router
from services.medical_data.settings import MedicalDataSettings
from services.medical_data.use_cases.give_up import give_up
from services.medical_data.use_cases.hear_events import SUBSCRIPTIONS, hear_events
from services.medical_data.use_cases.look_up_records import LookUpRecords

# A lease outlives the slowest answer; it only matters when a process dies while it asks.
LEASE_FACTOR = 3


async def build(runtime: Runtime[MedicalDataSettings]) -> Parts:
    """The claims' streams, the look-ups that wait, and the pumps that ask and give up."""
    settings, patience = runtime.settings, runtime.settings.patience()
    client = await runtime.resources.enter_async_context(
        httpx2.AsyncClient(
            timeout=settings.bureau_timeout_seconds,
            limits=httpx2.Limits(max_connections=settings.lookups_in_flight),
            # A proxy of the environment has no business between us and the bureau.
            trust_env=False,
        )
    )
    states = States("medical_data", initial, evolve)
    stage = Stage(states, decide)
    look_up = LookUpRecords(
        runtime.log,
        stage,
        runtime.keys,
        Bureau(settings.bureau_url, client),
        patience,
        batch_size=settings.lookups_per_request,
        lease_seconds=LEASE_FACTOR * settings.bureau_timeout_seconds,
    )
    pumps = [
        Pump(
            f"look_up_{number}",
            look_up,
            interval_seconds=settings.poll_seconds,
            full=settings.lookups_per_request,
        )
        for number in range(1, settings.lookups_in_flight + 1)
    ]
    giving_up = partial(give_up, runtime.log, stage, patience)
    # Each heard batch is one request's worth: the next pump asks for it while the last one's is still answered. Budgets
    # are spent by the clock, so nobody wakes the last pump.
    turn = cycle(pumps)

    def wake() -> None:
        next(turn).wake()

    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_events(states, patience, runtime.keys, wake),
        routers=[medical_data_router(runtime.log)],
        pumps=[*pumps, Pump("give_up", giving_up, interval_seconds=settings.poll_seconds)],
        on_reset=states.clear,
        folding=Folding(states),
    )


if __name__ == "__main__":
    run_service("medical_data", MedicalDataSettings, build, [Path(__file__).parent / "migrations"])
