"""Build a read model anew beside the live one, and put it in its place when it has caught up.

Killed at any point, the next call goes on where this one was: what is built is committed with its checkpoints, and
the switch is one transaction. The live service keeps running and notices nothing but a moment's wait at the switch.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import asyncpg

from libs.eventlog import EventLog, Source
from libs.eventlog.database import open_pool
from libs.eventlog.migrate import KERNEL_MIGRATIONS, migrate
from libs.runtime.clock import new_id, utc_now
from services.projections.adapters import generations
from services.projections.adapters.event_tables import live_positions, move_live
from services.projections.adapters.generations import LIVE_SCHEMA, Generation
from services.projections.adapters.priority import share_priority
from services.projections.adapters.switching import differences, switch
from services.projections.domain.pace import Pace
from services.projections.errors import (
    AlreadyRebuilding,
    GenerationUnknown,
    NeverStarted,
    SwitchBlocked,
)
from services.projections.read_model import GENERATIONS, ReadModel
from services.projections.use_cases.fill import PAGE_EVENTS, Construction, fill

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool

SMALL_TAIL_EVENTS = 2_000
"""Live is held for so many events at most while they are read behind it."""
SWITCH_ATTEMPTS = 20
LOCK_TIMEOUT_MS = 2_000
"""Who waits for a table makes its readers wait, too: let go and try again."""
PROGRESS_SECONDS = 0.5
_CONNECTIONS = 6
# Rows and checkpoint are lost together when the machine dies, and built again. The switch waits for the disk, and with
# it all that was committed before.
_COMMITS_NEED_NOT_WAIT = {"synchronous_commit": "off"}
# Making an index and comparing tables take long and cannot rest: the other cores are live's.
_ONE_CORE_AT_MOST = {"max_parallel_maintenance_workers": "0", "max_parallel_workers_per_gather": "0"}

OpenSources = Callable[["Pool", ReadModel], Mapping[str, Source]]
FillShards = Callable[[Generation, int], Awaitable[None]]
"""Fills a generation's shards (their number is given) outside of this process; returns when all are done."""
OnProgress = Callable[[int, int], None]
"""Called with how many events are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Request:
    """`check`: compare with the live tables instead of taking their place. `back_to`: a retired generation.

    `ahead`: up to the ends of the logs, and live goes on from there; for a deployment whose logs came as files.
    `by`: the member of staff who asked; None: whoever has the database.
    """

    pace: Pace
    check: bool = False
    back_to: int | None = None
    page_events: int = PAGE_EVENTS
    ahead: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`replaced` is the generation that was live; None when this was a check, whose `differences` are by table.

    `seconds`: of reading the logs and writing the tables, with their indexes; not of comparing.
    """

    generation: int
    events: int
    replaced: int | None
    differences: Mapping[str, tuple[int, int]]
    seconds: float = 0.0


async def rebuild(
    database_url: str,
    model: ReadModel,
    request: Request,
    open_sources: OpenSources,
    fill_elsewhere: FillShards | None,
    on_progress: OnProgress = lambda done, total: None,
) -> Outcome:
    """Build, catch up, switch. Raises a ProjectionsError, TooManyParked, or what the sources raise."""
    pool = await open_pool(
        database_url, LIVE_SCHEMA, size=_CONNECTIONS, settings=_ONE_CORE_AT_MOST, on_connect=share_priority
    )
    began = monotonic()
    try:
        shards = await prepare(pool, model)
        async with _alone(pool, model.name) as connection:
            building = await _building(connection, model, request)
            async with (
                construction_of(database_url, pool, shards, model, building, open_sources, request) as site,
                _reporting(site, on_progress),
            ):
                if fill_elsewhere is not None:
                    await fill_elsewhere(building, shards)
                await fill(site, range(shards), request.pace)
                await generations.make_indexes(connection, building)
                seconds = monotonic() - began
                if request.check:
                    outcome = await _compare(connection, site, building, request.pace)
                else:
                    outcome = await _take_over(connection, site, building, request)
            if request.check:
                await generations.remove(connection, building)
        return replace(outcome, seconds=seconds)
    finally:
        await pool.close()


async def prepare(pool: "Pool", model: ReadModel) -> int:
    """Bring the live schema up to this code, and note the first generation; the number of shards. NeverStarted."""
    async with pool.acquire() as connection:
        if await connection.fetchval("select to_regclass($1)", f"{LIVE_SCHEMA}.shard") is None:
            raise NeverStarted
        await migrate(connection, LIVE_SCHEMA, [KERNEL_MIGRATIONS, model.migrations, GENERATIONS])
        await generations.note_first(connection, model, utc_now())
        shards: int = await connection.fetchval("select count(*) from shard")
    return shards


@asynccontextmanager
async def construction_of(
    database_url: str,
    live: "Pool",
    shards: int,
    model: ReadModel,
    generation: Generation,
    open_sources: OpenSources,
    request: Request,
) -> AsyncIterator[Construction]:
    """What fills a generation; its connections see only that one's schema."""
    own = await open_pool(
        database_url,
        generation.schema,
        size=_CONNECTIONS,
        settings=_COMMITS_NEED_NOT_WAIT,
        on_connect=share_priority,
    )
    try:
        log = EventLog(own, LIVE_SCHEMA, shards, utc_now, new_id)
        yield Construction(model, live, log, open_sources(live, model), request.page_events, request.ahead)
    finally:
        await own.close()


async def _building(connection: "Connection", model: ReadModel, request: Request) -> Generation:
    if request.back_to is None:
        return await generations.begin(connection, model, utc_now())
    taken = await generations.take_up(connection, model.name, request.back_to)
    if taken is None:
        raise GenerationUnknown(model.name, request.back_to)
    return taken


@asynccontextmanager
async def _alone(pool: "Pool", model: str) -> AsyncIterator["Connection"]:
    """One rebuild of a model at a time. The lock goes with the connection, so a killed one leaves none."""
    async with pool.acquire() as connection:
        name = f"huiji rebuild {model}"
        if not await connection.fetchval("select pg_try_advisory_lock(hashtext($1))", name):
            raise AlreadyRebuilding(model)
        try:
            yield connection
        finally:
            await connection.execute("select pg_advisory_unlock(hashtext($1))", name)


@asynccontextmanager
async def _reporting(site: Construction, on_progress: OnProgress) -> AsyncIterator[None]:
    async def report() -> None:
        while True:
            goal, reached = await site.goal(), await site.reached()
            on_progress(sum(min(reached.get(lane, 0), at) for lane, at in goal.items()), sum(goal.values()))
            await asyncio.sleep(PROGRESS_SECONDS)

    reporting = asyncio.create_task(report())
    try:
        yield
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)


async def _take_over(
    connection: "Connection", site: Construction, building: Generation, request: Request
) -> Outcome:
    for _ in range(SWITCH_ATTEMPTS):
        try:
            async with _held_level(connection, site, request.pace) as events:
                current = await generations.live(connection, site.model.name)
                await switch(connection, building, current, utc_now(), request.by)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            continue
        return Outcome(building.number, events, current.number, {})
    raise SwitchBlocked(SWITCH_ATTEMPTS)


async def _compare(connection: "Connection", site: Construction, building: Generation, pace: Pace) -> Outcome:
    """Both are seen as they were at one moment, and live goes on while they are compared."""
    async with site.live.acquire() as reader, AsyncExitStack() as snapshot:
        async with _held_level(connection, site, pace) as events:
            await snapshot.enter_async_context(reader.transaction(isolation="repeatable_read", readonly=True))
            await generations.listed(reader, site.model.name)  # the first statement fixes what is seen
        return Outcome(building.number, events, None, await differences(reader, building))


@asynccontextmanager
async def _held_level(connection: "Connection", site: Construction, pace: Pace) -> AsyncIterator[int]:
    """Within: live is held, and both generations have come equally far; gives how many events that is.

    Live is held only when little is missing, and that little is read at full speed.
    """
    shards = range(site.log.shards)
    while await site.missing() > SMALL_TAIL_EVENTS:
        await fill(site, shards, pace)
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = {LOCK_TIMEOUT_MS}")
        held = await live_positions(connection, sorted(site.sources), lock=True)
        await fill(site, shards, Pace(None, pace.lag_events, yields=False))
        if site.ahead:
            held = await site.reached()
            await move_live(connection, held)
        yield sum(held.values())
