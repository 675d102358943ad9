"""Bring a generation's tables up to where live is: each shard by its own task, resumable, resting when it should.

Each event takes effect once however often this is killed: the generation has checkpoints of its own, which commit with
its rows. Nothing here has a way to the outside: a handler writes tables.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from libs.eventlog import EventLog, Source, is_operational
from libs.eventlog.checkpoint import Lane
from libs.eventlog.checkpoint import read as read_checkpoints
from services.projections.adapters.event_tables import live_positions
from services.projections.domain.pace import PAGE_EVENTS_WHEN_LIVE_WORKS, LiveTraffic, Pace
from services.projections.read_model import ReadModel
from services.projections.use_cases.fill_shard import Filling
from services.projections.use_cases.shard_reader import ShardReader

if TYPE_CHECKING:
    from libs.eventlog.database import Pool

PAGE_EVENTS = 2_500
"""Of one source at a time, unless asked otherwise: bounds the memory of a shard to a page of every source."""
SHARDS_AT_ONCE = 2
"""In one process: while one waits for the database, the other decodes."""
LIVE_MEASURED_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Construction:
    """A generation being filled: `live` sees the live schema, `log` the generation's own.

    `page_events` of each source are read at a time. `ahead`: up to the ends of the logs, wherever live is.
    """

    model: ReadModel
    live: "Pool"
    log: EventLog
    sources: Mapping[str, Source]
    page_events: int
    ahead: bool = False

    async def goal(self) -> dict[Lane, int]:
        """Where live is now; when going ahead, where the logs end."""
        positions = await self.live_positions()
        if self.ahead:
            for name, source in self.sources.items():
                for shard, head in (await source.heads()).items():
                    positions[name, shard] = max(head, positions.get((name, shard), 0))
        return positions

    async def live_positions(self) -> dict[Lane, int]:
        """Where live is now."""
        async with self.live.acquire() as connection:
            return await live_positions(connection, sorted(self.sources))

    async def reached(self) -> dict[Lane, int]:
        """Where this generation is now."""
        async with self.log.pool.acquire() as connection:
            return await read_checkpoints(connection)

    async def missing(self) -> int:
        """How many events the goal is ahead."""
        goal, reached = await self.goal(), await self.reached()
        return sum(max(0, position - reached.get(lane, 0)) for lane, position in goal.items())

    async def heads(self) -> dict[Lane, int]:
        """The ends of the logs; a source that does not answer is left out."""
        found: dict[Lane, int] = {}
        for name, source in self.sources.items():
            try:
                heads = await source.heads()
            except Exception as error:
                if not is_operational(error):
                    raise
                continue
            found |= {(name, shard): head for shard, head in heads.items()}
        return found


class Resting:
    """Rests between batches; all tasks of a process share it, so they share its rate."""

    def __init__(self, construction: Construction, pace: Pace) -> None:
        self._construction = construction
        self._pace = pace
        self._one_at_a_time = asyncio.Lock()
        self._one_works = asyncio.Lock()
        self._measured_at = 0.0
        self._heads: dict[Lane, int] = {}
        self._live = LiveTraffic()

    @property
    def page_events(self) -> int:
        """Of one source, to be read at a time."""
        asked = self._construction.page_events
        return min(asked, PAGE_EVENTS_WHEN_LIVE_WORKS) if self._live.works else asked

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Within: reading and writing. While live works one task does, lest two take every processor for a moment."""
        if not self._live.works or not self._pace.yields:
            yield
            return
        async with self._one_works:
            yield

    async def after(self, worked_seconds: float, events: int) -> None:
        """Rest as the pace says."""
        async with self._one_at_a_time:
            await self.look()
            await asyncio.sleep(self._pace.rest_seconds(worked_seconds, events, self._live))

    async def look(self) -> None:
        """See what live does, once a second."""
        if monotonic() - self._measured_at < LIVE_MEASURED_EVERY_SECONDS:
            return
        heads, live = await self._construction.heads(), await self._construction.live_positions()
        lag = sum(max(0, head - live.get(lane, 0)) for lane, head in heads.items())
        # Nothing is known to have come in before the second look.
        moved = any(head > self._heads.get(lane, head) for lane, head in heads.items())
        self._heads, self._live = heads, LiveTraffic(lag, moved)
        self._measured_at = monotonic()


async def fill(construction: Construction, shards: Iterable[int], pace: Pace) -> None:
    """Bring the generation's lanes of `shards` up to where the goal is when this begins.

    Raises TooManyParked when most of what is read cannot be processed, and what the sources raise.
    """
    goal = await construction.goal()
    resting = Resting(construction, pace)
    await resting.look()
    free = asyncio.Semaphore(SHARDS_AT_ONCE)

    async def one(shard: int) -> None:
        async with free:
            await _fill_shard(construction, shard, goal, resting)

    try:
        async with asyncio.TaskGroup() as tasks:
            for shard in shards:
                tasks.create_task(one(shard))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _fill_shard(
    construction: Construction, shard: int, goal: Mapping[Lane, int], resting: Resting
) -> None:
    filling = Filling(construction.model, construction.log, construction.sources, shard)
    await filling.prepare()
    until = {source: goal.get((source, shard), 0) for source in construction.sources}
    reader = ShardReader(
        construction.sources,
        construction.model.handled_types,
        shard,
        filling.reached,
        until,
        lambda: resting.page_events,
    )
    while True:
        async with resting.turn():
            began = monotonic()
            batch = await reader.next()
            passed = await filling.put(batch) if batch.ends else 0
            worked_seconds = monotonic() - began
        if not passed:
            return
        await resting.after(worked_seconds, passed)
