"""What a claim costs on top of a history too long to be sent: the platform starts on one that was multiplied."""

import asyncio
import subprocess
from collections.abc import Callable
from itertools import islice

import asyncpg
from rich.console import Console

from services.operations.adapters.city import City
from services.operations.entrypoints.progress import StartProgress
from services.operations.use_cases.run_platform import PlatformPlan, RunningPlatform, run_platform
from tests.benchmarks.cohorts import SEED, Cohort, Cohorts, People
from tests.benchmarks.history import MEASURED, SIZES, AtSize
from tests.benchmarks.multiplied import multiply
from tests.benchmarks.replay import rebuild_command

WARM_UP = 1_000
"""Beyond what the caches of a platform that has just started need."""
LONGEST_SENT = 10_000
_COPIES_BITS = 12
"""A size is made of fewer copies than this many bits count, so those of the next size have bits of their own."""


def measure_long_history(
    plan: PlatformPlan, until: int, console: Console, say: Callable[[str], None]
) -> list[AtSize]:
    """Multiply what `plan`'s stopped platform has lived to each size up to `until`, and measure new claims there.

    Sizes that can be sent in a benchmark's time are: they are left to `measure_growth`.
    """
    found: list[AtSize] = []
    for number, size in enumerate(size for size in SIZES if LONGEST_SENT < size <= until):

        def grow(database_url: str, number: int = number, size: int = size) -> None:
            lived = asyncio.run(_claims(database_url))
            copies = -(-size // lived) - 1
            assert copies < 1 << _COPIES_BITS, f"{lived} claims are too few to make {size} of"
            if copies <= 0:
                return
            say(f"{size} claims of {lived} …")
            first = 1 << (_COPIES_BITS * number)
            multiply(database_url, range(first, first * (copies + 1), first))
            command = rebuild_command(database_url, "--ahead")
            subprocess.run(command.arguments, env=command.environment, check=True)

        longer = PlatformPlan(plan.directory, plan.checkout, broker=plan.broker, seed=grow)
        with run_platform(longer, StartProgress(console)) as running:
            found.append(asyncio.run(_measure(running, SEED + 1 + number)))
    return found


async def _measure(running: RunningPlatform, seed: int) -> AtSize:
    """New people, whose claims nobody has seen."""
    addresses = running.platform.addresses
    people = People(2 * (WARM_UP + MEASURED), seed)
    submissions = people.paid_claims()
    async with City(addresses, parallel_requests=8) as city:
        await city.enrol(people.residents())
        cohorts = Cohorts(city, running.platform, running.processes.process_ids())
        warm_up, measured = list(islice(submissions, WARM_UP)), list(islice(submissions, MEASURED))
        await city.settle([*warm_up, *measured])
        await cohorts.send(warm_up)
        claims = await _claims(addresses.database_url)
        cohort: Cohort = await cohorts.measure(measured)
    return AtSize(claims, cohort)


async def _claims(database_url: str) -> int:
    database = await asyncpg.connect(database_url)
    try:
        return int(await database.fetchval("select count(*) from projections.claim"))
    finally:
        await database.close()
