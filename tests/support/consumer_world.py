"""An upstream log and a consumer of it whose handler can be made to fail, on a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from libs.eventlog import (
    Consumer,
    EventLog,
    Recorded,
    UnitOfWork,
    parking,
)
from libs.eventlog.breaker import ParkingBreaker
from tests.support.kernel import (
    LogSource,
    all_events,
    effects,
    effects_table,
    note_effects,
    open_log,
)
from tests.support.ticks import stream_of

SHARDS = 4


@dataclass
class World:
    """An upstream log and a downstream service, whose handler can be made to fail."""

    upstream: EventLog
    downstream: EventLog
    source: LogSource
    refuse: Callable[[Recorded], Exception | None] = lambda event: None
    resets: int = 0
    batches: list[int] = field(default_factory=list)

    def consumer(self, *, batch_size: int = 500, breaker: ParkingBreaker | None = None) -> Consumer:
        """A process of the service."""
        return Consumer(
            self.downstream,
            {"upstream": self.source},
            self.handle,
            frozenset({"Ticked"}),
            batch_size=batch_size,
            on_reset=self._reset,
            breaker=breaker,
            source_rest_seconds=0,
        )

    async def handle(self, work: UnitOfWork, events: Sequence[Recorded]) -> None:
        """Note the effects; refused events fail after the work is done, as the worst ones do."""
        self.batches.append(len(events))
        await note_effects(work, events)
        for event in events:
            if error := self.refuse(event):
                raise error

    def _reset(self) -> None:
        self.resets += 1

    async def in_order(self) -> list[tuple[int, int]]:
        """Effects as they must be: each event once, each shard in order."""
        return sorted((event.shard, event.position) for event in await all_events(self.upstream))


async def prepared(world: World, *, batch_size: int = 500, breaker: ParkingBreaker | None = None) -> Consumer:
    consumer = world.consumer(batch_size=batch_size, breaker=breaker)
    await consumer.prepare()
    return consumer


def of(events: Sequence[Recorded], claim_id: str) -> list[Recorded]:
    return [event for event in events if event.stream_id == stream_of(claim_id)]


async def parked(world: World) -> dict[str, int]:
    async with world.downstream.pool.acquire() as connection:
        return await parking.count_parked(connection)


async def assert_exactly_once(world: World) -> None:
    happened = await effects(world.downstream)
    assert sorted(happened) == await world.in_order()
    for shard in range(SHARDS):
        lane = [position for of_shard, position in happened if of_shard == shard]
        assert lane == sorted(lane)


@asynccontextmanager
async def consumer_world(database: str) -> AsyncIterator[World]:
    async with (
        open_log(database, "upstream", shards=SHARDS) as upstream,
        open_log(database, "downstream", shards=SHARDS) as downstream,
    ):
        async with downstream.pool.acquire() as connection:
            await effects_table(connection)
        yield World(upstream, downstream, LogSource(upstream))
