"""Logs, consumers and a broker inside one test process; the database is real."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from libs.eventlog import Append, EventLog, Recorded, SourceUnreachable, UnitOfWork, read, shard_of
from libs.eventlog.database import open_pool
from libs.eventlog.topic import Placed
from tests.support.ticks import MOMENT, Ids, stream_of, tick

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


class Clock:
    """Time that moves a millisecond whenever somebody looks."""

    def __init__(self) -> None:
        self.now = MOMENT

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@asynccontextmanager
async def open_log(url: str, source: str, *, shards: int = 4, size: int = 8) -> AsyncIterator[EventLog]:
    """A log in its own schema, created when missing."""
    pool = await open_pool(url, source, size=size)
    try:
        log = EventLog(pool, source, shards, Clock(), Ids(shard_of(source, 2**60)))
        await log.prepare()
        yield log
    finally:
        await pool.close()


async def add(log: EventLog, claim_id: str, numbers: Iterable[int], *, after: int) -> None:
    """Append ticks to a claim's stream that is at version `after`."""
    async with log.transaction() as work:
        work.append(Append(stream_of(claim_id), after, [tick(claim_id, number) for number in numbers]))


async def add_to_many(log: EventLog, claims: int, each: int, *, after: int = 0) -> None:
    """Append `each` ticks to each of `claims` streams in one transaction."""
    async with log.transaction() as work:
        for claim in range(claims):
            numbers = range(after + 1, after + each + 1)
            work.append(
                Append(stream_of(f"c{claim}"), after, [tick(f"c{claim}", number) for number in numbers])
            )


async def watch(log: EventLog) -> list[str]:
    """What the log's only connection is sent from now on."""
    sent: list[str] = []

    def note(record: Any) -> None:
        sent.append(record.query)

    async with log.pool.acquire() as connection:
        # On the connection itself: the pool's proxy would drop the logger when it is released.
        inner: Any = connection
        inner._con.add_query_logger(note)
    return sent


async def all_events(log: EventLog) -> list[Recorded]:
    """The whole log, shard after shard."""
    async with log.pool.acquire() as connection:
        return [
            event
            for shard in range(log.shards)
            async for page in read.follow_shard(connection, log.source, shard)
            for event in page
        ]


class LogSource:
    """A log as a `Source`, without HTTP. `up` = False: it does not answer."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.up = True
        self.reads = 0

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position."""
        self._answer()
        self.reads += 1
        async with self._log.pool.acquire() as connection:
            return await read.read_shard(connection, self._log.source, shard, after, limit)

    async def heads(self) -> dict[int, int]:
        """The last position of each shard."""
        self._answer()
        async with self._log.pool.acquire() as connection:
            return await read.heads(connection)

    def _answer(self) -> None:
        if not self.up:
            raise SourceUnreachable(self._log.source, "it is down")


class MemoryTopic:
    """A topic in memory that can lose everything and fail at any moment. Implements `relay.Topic`."""

    def __init__(self, shards: int) -> None:
        self.partitions: dict[int, list[Recorded]] = {shard: [] for shard in range(shards)}
        self.fail_before = False
        self.fail_after: int | None = None

    def lose_everything(self) -> None:
        """The broker comes back empty."""
        self.partitions = {shard: [] for shard in self.partitions}

    async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
        """Append, or fail before, or fail after `fail_after` of the events are durable."""
        if self.fail_before:
            raise ConnectionError("the broker is away")
        partition = self.partitions[shard]
        first = len(partition)
        if self.fail_after is not None:
            partition += events[: self.fail_after]
            raise ConnectionError("the answer was lost")
        partition += events
        return Placed(first, first)

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition."""
        return {shard: len(events) for shard, events in self.partitions.items()}


async def note_effects(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """Write each event into `effect`, which `effects_table` made; nothing there stops a second time."""
    await work.connection.execute(
        "insert into effect (shard, position, claim_id, number)"
        " select * from unnest($1::integer[], $2::bigint[], $3::text[], $4::integer[])",
        [event.shard for event in events],
        [event.position for event in events],
        [event.stream_id for event in events],
        [event.version for event in events],
    )


async def effects_table(connection: "Connection") -> None:
    """The table of `note_effects`, in the order in which effects happened."""
    await connection.execute(
        "create table effect (id bigserial primary key, shard integer, position bigint, claim_id text, number integer)"
    )


async def effects(log: EventLog) -> list[tuple[int, int]]:
    """(shard, position) of every effect, in the order they happened."""
    rows = await log.pool.fetch("select shard, position from effect order by id")
    return [(row["shard"], row["position"]) for row in rows]


async def waits_for_a_lock(log: EventLog) -> bool:
    """Whether somebody in the log's database waits for what another transaction holds."""
    return bool(
        await log.pool.fetchval(
            "select exists (select from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock')"
        )
    )
