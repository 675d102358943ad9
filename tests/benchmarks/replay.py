"""How fast histories are replayed and read models rebuilt, beside reading the same rows raw, by one core and by all.

Replay is what a service does with its log: read it, check its hash chain, and fold each event into the state of its
stream. A rebuild reads the logs of all services and writes tables. Raw is the same query with nothing done to the rows.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from time import perf_counter, process_time

import asyncpg
import orjson
import uvloop

from libs.eventlog.hash_chain import GENESIS, verify_chain
from libs.eventlog.read import follow_shard
from libs.runtime.collector import tune_collector
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.noted import read_for_state
from services.adjudication.domain.state import Person, initial
from services.projections.claims.subscriptions import SUBSCRIPTIONS

PAGE = 1_000
LOG = "adjudication"
_RAW = (
    "select shard, position, stream_id, version, event_id, type, schema_version, subject, recorded_at, caused_by,"
    " traceparent, body, hash from event where shard = $1 and position > $2 order by position limit $3"
)


@dataclass(frozen=True)
class Rates:
    """Events per second by one process and by one per core, and raw of the same rows."""

    events: int
    raw_of_one: float
    raw_of_machine: float
    by_one: float
    by_machine: float


@dataclass(frozen=True)
class Replay:
    """Of adjudication's log folded, and of all logs made into tables; `folded_per_core_of_ours` is what one core's
    worth of our own work folds, whatever the database takes."""

    folded: Rates
    rebuilt: Rates
    folded_per_core_of_ours: float


@dataclass(frozen=True)
class _Walk:
    events: int
    seconds: float
    worked_seconds: float


@dataclass(frozen=True)
class _Part:
    """Shards of a service's log, in one database."""

    database_url: str
    log: str
    shards: tuple[int, ...]


_WalkPart = Callable[[_Part], _Walk]


def measure_replay(database_url: str, shards: int) -> Replay:
    """Walk the logs raw and replayed, and build the read model; nothing must be appended meanwhile."""
    cores = os.cpu_count() or 1
    parts = [tuple(range(core, shards, cores)) for core in range(cores)]
    everything = tuple(range(shards))

    def of(log: str) -> list[_Part]:
        return [_Part(database_url, log, part) for part in parts]

    # Fresh processes: a fork would carry this one's event loop and connections along.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        for log in SUBSCRIPTIONS:
            list(pool.map(_raw, of(log)))  # what starting and a cold cache cost is nobody's rate
        whole = _Part(database_url, LOG, everything)
        raw, one = pool.submit(_raw, whole).result(), pool.submit(_folded, whole).result()
        folded = Rates(
            one.events, raw.events / raw.seconds, _together(pool, _raw, of(LOG)),
            one.events / one.seconds, _together(pool, _folded, of(LOG)),
        )  # fmt: skip
        all_raw = [pool.submit(_raw, replace(whole, log=log)).result() for log in SUBSCRIPTIONS]
        raw_of_machine = _together(pool, _raw, [part for log in SUBSCRIPTIONS for part in of(log)])
    events = sum(walk.events for walk in all_raw)
    rebuilt = Rates(
        events, events / sum(walk.seconds for walk in all_raw), raw_of_machine,
        events / _rebuilt_in(database_url, 1), events / _rebuilt_in(database_url, cores),
    )  # fmt: skip
    return Replay(folded, rebuilt, one.events / one.worked_seconds)


def _together(pool: ProcessPoolExecutor, walk: _WalkPart, parts: list[_Part]) -> float:
    began = perf_counter()
    events = sum(walked.events for walked in pool.map(walk, parts))
    return events / (perf_counter() - began)


def _rebuilt_in(database_url: str, processes: int) -> float:
    """Seconds of a rebuild as an operator starts it, that compares in the end instead of switching."""
    command = rebuild_command(database_url, "--check", "--json", "--processes", str(processes))
    finished = subprocess.run(command.arguments, env=command.environment, capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr.decode() + finished.stdout.decode()
    return float(orjson.loads(finished.stdout)[0]["seconds"])


@dataclass(frozen=True)
class RebuildCommand:
    """How to start a rebuild as a process of its own."""

    arguments: list[str]
    environment: dict[str, str]


def rebuild_command(database_url: str, *options: str) -> RebuildCommand:
    """Of the claims' read model, which is the only one."""
    arguments = [sys.executable, "-m", "services.projections.entrypoints.rebuild", "claims", *options]
    return RebuildCommand(arguments, {**os.environ, "HUIJI_DATABASE_URL": database_url})


def _raw(part: _Part) -> _Walk:
    async def read(connection: asyncpg.Connection, shard: int) -> int:
        after = 0
        while rows := await connection.fetch(_RAW, shard, after, PAGE):
            after = rows[-1]["position"]
        return after

    return _walk(part, read)


def _folded(part: _Part) -> _Walk:
    async def fold(connection: asyncpg.Connection, shard: int) -> int:
        people: dict[str, Person] = {}
        position, previous = 0, GENESIS
        async for page in follow_shard(connection, part.log, shard, page=PAGE):
            position, previous = verify_chain(page, previous, position)
            for recorded in page:
                person = people.get(recorded.stream_id) or initial(recorded.stream_id)
                noted = read_for_state(recorded.type, recorded.schema_version, recorded.body)
                people[recorded.stream_id] = evolve(person, noted)
        return position

    return _walk(part, fold)


def _walk(part: _Part, walk_shard: Callable[[asyncpg.Connection, int], Awaitable[int]]) -> _Walk:
    async def walk() -> int:
        connection = await asyncpg.connect(
            part.database_url, server_settings={"search_path": part.log, "jit": "off", "timezone": "UTC"}
        )
        try:
            return sum([await walk_shard(connection, shard) for shard in part.shards])
        finally:
            await connection.close()

    tune_collector()
    began, worked = perf_counter(), process_time()
    events = uvloop.run(walk())
    return _Walk(events, perf_counter() - began, process_time() - worked)


async def replay_of(database_url: str, shards: int) -> Replay:
    """`measure_replay` beside a running event loop."""
    return await asyncio.to_thread(measure_replay, database_url, shards)
