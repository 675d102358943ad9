"""How fast histories are replayed, beside reading the same rows raw: one process, and one per core.

Replay is what a rebuild does with a log: read it, check its hash chain, decode each event and fold it into the state of
its stream. Raw is the same query with nothing done to the rows.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter, process_time

import asyncpg
import uvloop

from libs.eventlog.hash_chain import GENESIS, verify_chain
from libs.eventlog.read import follow_shard
from libs.runtime.collector import tune_collector
from services.adjudication.domain.state import Person, evolve, initial

PAGE = 5_000
LOG = "adjudication"
_RAW = (
    "select shard, position, stream_id, version, event_id, type, schema_version, subject, recorded_at, caused_by,"
    " traceparent, body, hash from event where shard = $1 and position > $2 order by position limit $3"
)


@dataclass(frozen=True)
class Replay:
    """Events per second: of one process, of one per core, and what one core's worth of our own work would do."""

    events: int
    raw_of_one: float
    replayed_by_one: float
    raw_of_machine: float
    replayed_by_machine: float
    replayed_per_core_of_ours: float


@dataclass(frozen=True)
class _Walk:
    events: int
    seconds: float
    worked_seconds: float


def measure_replay(database_url: str, shards: int) -> Replay:
    """Walk adjudication's log, the largest, raw and replayed; it must not be appended to meanwhile."""
    everything = tuple(range(shards))
    cores = os.cpu_count() or 1
    parts = [everything[core::cores] for core in range(cores)]
    # Fresh processes: a fork would carry this one's event loop and connections along.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        list(
            pool.map(_raw, [database_url] * cores, parts)
        )  # what starting and a cold cache cost is nobody's rate
        raw = pool.submit(_raw, database_url, everything).result()
        one = pool.submit(_replayed, database_url, everything).result()
        raw_rate = _together(pool, _raw, database_url, parts)
        rate = _together(pool, _replayed, database_url, parts)
    return Replay(
        one.events, raw.events / raw.seconds, one.events / one.seconds, raw_rate, rate, one.events / one.worked_seconds
    )  # fmt: skip


def _together(
    pool: ProcessPoolExecutor,
    walk: Callable[[str, tuple[int, ...]], _Walk],
    database_url: str,
    parts: list[tuple[int, ...]],
) -> float:
    began = perf_counter()
    events = sum(walked.events for walked in pool.map(walk, [database_url] * len(parts), parts))
    return events / (perf_counter() - began)


def _raw(database_url: str, shards: tuple[int, ...]) -> _Walk:
    async def read(connection: asyncpg.Connection, shard: int) -> int:
        after = 0
        while rows := await connection.fetch(_RAW, shard, after, PAGE):
            after = rows[-1]["position"]
        return after

    return _walk(database_url, shards, read)


def _replayed(database_url: str, shards: tuple[int, ...]) -> _Walk:
    async def replay(connection: asyncpg.Connection, shard: int) -> int:
        people: dict[str, Person] = {}
        position, previous = 0, GENESIS
        async for page in follow_shard(connection, LOG, shard, page=PAGE):
            position, previous = verify_chain(page, previous, position)
            for recorded in page:
                person = people.get(recorded.stream_id) or initial(recorded.stream_id)
                people[recorded.stream_id] = evolve(person, recorded.decode())
        return position

    return _walk(database_url, shards, replay)


def _walk(
    database_url: str,
    shards: tuple[int, ...],
    walk_shard: Callable[[asyncpg.Connection, int], Awaitable[int]],
) -> _Walk:
    async def walk() -> int:
        connection = await asyncpg.connect(
            database_url, server_settings={"search_path": LOG, "jit": "off", "timezone": "UTC"}
        )
        try:
            return sum([await walk_shard(connection, shard) for shard in shards])
        finally:
            await connection.close()

    tune_collector()
    began, worked = perf_counter(), process_time()
    events = uvloop.run(walk())
    return _Walk(events, perf_counter() - began, process_time() - worked)


async def replay_of(database_url: str, shards: int) -> Replay:
    """`measure_replay` beside a running event loop."""
    return await asyncio.to_thread(measure_replay, database_url, shards)
