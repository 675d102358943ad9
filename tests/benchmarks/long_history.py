"""What a claim costs on top of a history too long to be sent: the platform starts on one that was multiplied."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import asyncpg
from rich.console import Console

from libs.local_platform import Processes, RunLock, create_database_if_missing, start_embedded_postgres
from services.operations.adapters.city import City
from services.operations.domain.topology import DATABASE
from services.operations.entrypoints.progress import StartProgress
from services.operations.use_cases.run_platform import PlatformPlan, RunningPlatform, run_platform
from tests.benchmarks.cohorts import SEED, Cohorts
from tests.benchmarks.history import MEASURED, SIZES, WARM_UP, AtSize, Newcomers
from tests.benchmarks.multiplied import multiply, settle_down

_COPIES_BITS = 12
"""A size is made of fewer copies than this many bits count, so those of the next size have bits of their own."""
_SEEDS_APART = 100
_COHORTS = 10
"""At each size. A start is the dearest moment: after its checkpoint each page is logged whole once, and what PostgreSQL
held is read again. What claims cost in running is what the last cohorts say, when the curve falls no more."""
_LOADING = (
    # A machine that dies while this loads begins anew: the platform itself then runs on what is on the disk.
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "shared_buffers=1GB",
    # What this server holds at its end is what it swept, and nothing that claims ask for.
    "pg_prewarm.autoprewarm=off",
    "max_wal_size=2GB",
)


def measure_long_history(
    plan: PlatformPlan, until: int, console: Console, say: Callable[[str], None]
) -> list[AtSize]:
    """Multiply what `plan`'s stopped platform has lived to each size up to `until`, and measure new claims there.

    It starts anew at every size, also at the first, which it has lived itself: what starting costs is in each.
    """
    found: list[AtSize] = []
    for number, size in enumerate(size for size in SIZES if size <= until):
        _grow(plan, number, size, say)
        with run_platform(plan, StartProgress(console)) as running:
            found += asyncio.run(_measure(running, SEED + _SEEDS_APART * (1 + number)))
    return found


def _grow(plan: PlatformPlan, number: int, size: int, say: Callable[[str], None]) -> None:
    with _loading(plan) as database_url:
        lived = asyncio.run(_claims(database_url))
        copies = -(-size // lived) - 1
        assert copies < 1 << _COPIES_BITS, f"{lived} claims are too few to make {size} of"
        if copies <= 0:
            asyncio.run(settle_down(database_url))
            return
        say(f"{size} claims of {lived} …")
        began = perf_counter()
        first = 1 << (_COPIES_BITS * (number - 1))
        events = multiply(database_url, range(first, first * (copies + 1), first))
    os.sync()
    say(f"{events} events in {perf_counter() - began:.0f} s")


@contextmanager
def _loading(plan: PlatformPlan) -> Iterator[str]:
    """PostgreSQL alone, as it loads fastest."""
    with RunLock(plan.directory / "run"), Processes(plan.directory / "run" / "logs") as processes:
        server = start_embedded_postgres(processes, plan.directory / "postgres", settings=_LOADING)
        yield asyncio.run(create_database_if_missing(server, DATABASE))


async def _measure(running: RunningPlatform, seed: int) -> list[AtSize]:
    """New people again and again, whose claims nobody has seen."""
    addresses = running.platform.addresses
    async with City(addresses, parallel_requests=8) as city:
        cohorts = Cohorts(city, running.platform, running.processes.process_ids())
        newcomers, before = Newcomers(city, cohorts, seed), await _claims(addresses.database_url)
        each = WARM_UP + MEASURED
        return [await newcomers.measure(before + sent, sent) for sent in range(0, _COHORTS * each, each)]


async def _claims(database_url: str) -> int:
    database = await asyncpg.connect(database_url)
    try:
        return int(await database.fetchval("select count(*) from projections.claim"))
    finally:
        await database.close()
