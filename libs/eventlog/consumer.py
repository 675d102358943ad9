"""The consumer: every event of every source takes effect exactly once, in the order of its shard.

Delivery counts for nothing. What a lane (source, shard) has processed is a position, committed together with what
the processing wrote: a lower position is a duplicate, a jump is a gap that is filled from the source's own log.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from libs.eventlog import checkpoint, parking
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import SourceUnreachable, is_operational
from libs.eventlog.event import Recorded
from libs.eventlog.log import EventLog, UnitOfWork
from libs.eventlog.parking import BLOCKED, Poison

logger = structlog.get_logger(__name__)

Handler = Callable[[UnitOfWork, Sequence[Recorded]], Awaitable[None]]
"""Handles events, in order, inside one unit of work. It raises when an event cannot be processed."""


class Source(Protocol):
    """Another service's log, readable without the broker."""

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position, in order. Raises SourceUnreachable."""

    async def heads(self) -> dict[int, int]:
        """The last position of each shard. Raises SourceUnreachable."""


class Consumer:
    """Processes batches for one service.

    `handled_types` are passed to the handler; other types only move the checkpoint. `batch_size` bounds a
    transaction; `on_reset` is called when the states that this process holds may be stale.
    """

    def __init__(
        self,
        log: EventLog,
        sources: dict[str, Source],
        handler: Handler,
        handled_types: frozenset[str],
        *,
        batch_size: int = 500,
        on_reset: Callable[[], None] = lambda: None,
        breaker: ParkingBreaker | None = None,
    ) -> None:
        self._log = log
        self._sources = sources
        self._handler = handler
        self._handled_types = handled_types
        self._batch_size = batch_size
        self._on_reset = on_reset
        self._breaker = breaker or ParkingBreaker()
        self._positions: dict[Lane, int] = {}
        self.processed_total = 0
        self.duplicates_total = 0
        self.refilled_total = 0
        self.parked_total = 0

    async def prepare(self) -> None:
        """Create the checkpoints of all lanes and read where they stand."""
        lanes = [(source, shard) for source in self._sources for shard in range(self._log.shards)]
        async with self._log.pool.acquire() as connection:
            await checkpoint.create(connection, lanes)
        await self.reset()

    async def reset(self) -> None:
        """Forget what this process believes and read the checkpoints: on start, rebalance and conflict."""
        self._on_reset()
        async with self._log.pool.acquire() as connection:
            self._positions = await checkpoint.read(connection)

    @property
    def positions(self) -> dict[Lane, int]:
        """The last processed position of every lane, as this process knows it."""
        return dict(self._positions)

    async def process(self, events: Iterable[Recorded]) -> dict[Lane, SourceUnreachable]:
        """Process events as delivered, in any state of duplication or loss; each lane's must be in order.

        Returns the lanes that are held: a gap that its source could not fill yet; deliver those again later, the
        others went on. Raises operational errors (nothing is lost: deliver again) and TooManyParked.
        """
        ready: list[Recorded] = []
        held: dict[Lane, SourceUnreachable] = {}
        expected = dict(self._positions)
        for event in events:
            lane = (event.source, event.shard)
            position = expected[lane]
            if event.position <= position:
                self.duplicates_total += 1
                continue
            if lane in held:
                continue
            if event.position > position + 1:
                try:
                    ready += await self._missing(lane, position, event.position - 1)
                except SourceUnreachable as error:
                    held[lane] = error
                    continue
            ready.append(event)
            expected[lane] = event.position
        for start in range(0, len(ready), self._batch_size):
            await self._process_batch(ready[start : start + self._batch_size])
        return held

    async def catch_up(self, source: str, shards: Iterable[int]) -> int:
        """Read what a source has beyond our checkpoints and process it: needs no broker. Returns how many events."""
        heads = await self._sources[source].heads()
        caught_up = 0
        for shard in shards:
            while (position := self._positions[source, shard]) < heads.get(shard, 0):
                events = await self._sources[source].read(shard, position, self._batch_size)
                await self.process(events)
                caught_up += len(events)
                if self._positions[source, shard] == position:
                    break
        self.refilled_total += caught_up
        return caught_up

    async def _missing(self, lane: Lane, after: int, until: int) -> list[Recorded]:
        source, shard = lane
        found: list[Recorded] = []
        while after < until:
            page = await self._sources[source].read(shard, after, min(self._batch_size, until - after))
            if not page or page[0].position != after + 1:
                raise AssertionError(
                    f"{source} shard {shard} does not serve position {after + 1} of its own log"
                )
            found += page
            after = page[-1].position
        self.refilled_total += len(found)
        logger.info("gap_refilled", source=source, shard=shard, events=len(found))
        return found

    async def _process_batch(self, events: list[Recorded]) -> None:
        """Halve a failing batch until the one event that fails alone is found, and park that one."""
        try:
            await self._commit(events, None)
        except Exception as error:
            if is_operational(error):
                await self.reset()
                raise
            if len(events) > 1:
                middle = len(events) // 2
                await self._process_batch(events[:middle])
                await self._process_batch(events[middle:])
                return
            self._breaker.check()
            poison = Poison.of(error)
            logger.warning(
                "event_parked", subject=events[0].subject, type=events[0].type, reason=poison.reason
            )
            await self._commit(events, poison)

    async def _commit(self, events: list[Recorded], poison: Poison | None) -> None:
        lanes = {(event.source, event.shard) for event in events}
        async with self._log.transaction() as work:
            stored = await checkpoint.lock(work.connection, lanes)
            if any(stored[lane] != self._positions[lane] for lane in lanes):
                self._on_reset()
            todo = [event for event in events if event.position > stored[event.source, event.shard]]
            ends = {(event.source, event.shard): event.position for event in todo}
            if todo:
                parked = await self._apply(work, todo, poison)
                await checkpoint.advance(work.connection, ends)
            work.after_commit(lambda: self._committed({**stored, **ends}, len(todo), parked if todo else 0))

    async def _apply(self, work: UnitOfWork, events: list[Recorded], poison: Poison | None) -> int:
        """Hand the events to the handler, but for those that are parked; returns how many were parked."""
        handled = [event for event in events if event.type in self._handled_types]
        to_park: list[tuple[Recorded, Poison]] = []
        if handled:
            blocked = await parking.blocked_subjects(work.connection, {event.subject for event in handled})
            waiting = Poison(BLOCKED, "an earlier event of the subject is parked")
            to_park = [(event, waiting) for event in handled if event.subject in blocked]
            free = [event for event in handled if event.subject not in blocked]
            if poison is not None:
                to_park += [(event, poison) for event in free]
            elif free:
                await self._handler(work, free)
        if to_park:
            await parking.park(work.connection, to_park, work.now)
        return len(to_park)

    def _committed(self, positions: dict[Lane, int], processed: int, parked: int) -> None:
        self._positions.update(positions)
        self.processed_total += processed
        self.parked_total += parked
        self._breaker.seen(processed, parked)

    async def retry(self, subject: str, by: str) -> tuple[int, int]:
        """Process a subject's parked events again, in the order they arrived, each in a unit of work of its own.

        Stops at the first that fails again. Returns (retried, still parked). The lanes are locked meanwhile, so
        that nothing newer of the subject can slip between.
        """
        retried = 0
        while True:
            async with self._log.pool.acquire() as connection:
                waiting = await parking.list_parked(connection, subject=subject)
            if not waiting:
                return retried, 0
            poison = await self._retry_one(subject, waiting[0], by)
            if poison is not None:
                async with self._log.pool.acquire() as connection:
                    await parking.note_failed_retry(connection, waiting[0], poison)
                return retried, len(waiting)
            retried += 1

    async def _retry_one(self, subject: str, parked: parking.Parked, by: str) -> Poison | None:
        shard = parked.event.shard
        try:
            async with self._log.transaction() as work:
                await checkpoint.lock(work.connection, {(source, shard) for source in self._sources})
                still = await parking.list_parked(work.connection, subject=subject, limit=1)
                if still and still[0].id == parked.id:
                    await self._handler(work, [parked.event])
                    await parking.resolve(work.connection, [parked.id], "retried", by, "processed", work.now)
        except Exception as error:
            self._on_reset()
            if is_operational(error):
                raise
            return Poison.of(error)
        return None
