"""The experiment that any way of reading a log by position has to pass (0 missing, 0 out of order).

Writers with hot streams, unrelated writes before the append, pauses inside transactions and rollbacks, while readers
follow by position. Sequences read the same way lost a third of the events and put a sixth out of order.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from libs.eventlog import Append, ConcurrencyConflict, EventLog, Recorded, read
from tests.support.kernel import open_log
from tests.support.ticks import stream_of, tick

WRITERS = 16
READERS = 4
HOT_STREAMS = 60
SECONDS = 4.0
ROLLED_BACK = 0.1
UNRELATED_FIRST = 0.5


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "hot", shards=8, size=WRITERS + READERS) as opened:
        await opened.pool.execute("create table unrelated (id bigserial primary key, note text)")
        yield opened


class ChangedItsMind(Exception):
    """A writer rolls back."""


async def write(log: EventLog, writer: int, until: float, outcomes: Counter[str]) -> None:
    chooser = random.Random(writer)
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        claim = f"c{min(chooser.randrange(HOT_STREAMS), chooser.randrange(HOT_STREAMS))}"
        try:
            await append_once(log, claim, chooser)
        except ConcurrencyConflict:
            outcomes["conflicts"] += 1
        except ChangedItsMind:
            outcomes["rolled back"] += 1
        else:
            outcomes["committed"] += 1


async def append_once(log: EventLog, claim: str, chooser: random.Random) -> None:
    async with log.transaction(before_commit=lambda *_: pause_or_roll_back(chooser)) as work:
        if chooser.random() < UNRELATED_FIRST:
            await work.connection.execute("insert into unrelated (note) values ($1)", claim)
        version = await work.connection.fetchval(
            "select coalesce(max(version), 0) from event where stream_id = $1", stream_of(claim)
        )
        await asyncio.sleep(chooser.random() * 0.004)
        events = [tick(claim, version + number) for number in range(1, chooser.randint(2, 5))]
        work.append(Append(stream_of(claim), version, events))


async def pause_or_roll_back(chooser: random.Random) -> None:
    """Positions are taken and not visible yet: here the other ways of reading go wrong."""
    if chooser.random() < 0.2:
        await asyncio.sleep(chooser.random() * 0.01)
    if chooser.random() < ROLLED_BACK:
        raise ChangedItsMind


async def follow(log: EventLog, writing: asyncio.Event) -> list[Recorded]:
    """By position, until a look after the last writer has ended finds nothing more."""
    seen: list[Recorded] = []
    after = dict.fromkeys(range(log.shards), 0)
    while True:
        last_look = not writing.is_set()
        found = 0
        for shard in after:
            async with log.pool.acquire() as connection:
                page = await read.read_shard(connection, log.source, shard, after[shard], 1_000)
            if page:
                seen += page
                found += len(page)
                after[shard] = page[-1].position
        if last_look and not found:
            return seen


async def test_readers_by_position_miss_nothing_and_keep_every_streams_order(
    log: EventLog, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: Counter[str] = Counter()
    writing = asyncio.Event()
    writing.set()
    readers = [asyncio.create_task(follow(log, writing)) for _ in range(READERS)]
    until = asyncio.get_running_loop().time() + SECONDS
    await asyncio.gather(*(write(log, writer, until, outcomes) for writer in range(WRITERS)))
    writing.clear()
    recorded = await log.pool.fetchval("select count(*) from event")
    for seen in await asyncio.gather(*readers):
        missing = recorded - len({event.event_id for event in seen})
        versions: dict[str, int] = {}
        out_of_order = 0
        for event in seen:
            out_of_order += event.version != versions.get(event.stream_id, 0) + 1
            versions[event.stream_id] = event.version
        assert (missing, out_of_order, len(seen)) == (0, 0, recorded)
    assert outcomes["rolled back"] > 0
    assert outcomes["conflicts"] > 0
    with capsys.disabled():
        print(f"\n{recorded} events, {dict(outcomes)}: 0 missing, 0 out of order for {READERS} readers")  # noqa: T201
