"""Put a shard's events into a generation's tables: straight, or by the kernel's consumer where anything is unusual.

Straight is a transaction of the handler's rows and the checkpoints. What the consumer knows beyond that (events that
cannot be read, that wait behind a parked one, amend others, or are of newer code) a rebuild seldom meets: such a batch
is left to it, read whole.
"""

from collections.abc import Mapping

import structlog

from libs.eventlog import Consumer, EventLog, Recorded, Source, checkpoint, is_operational
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import PositionNotServed
from services.projections.read_model import ReadModel
from services.projections.use_cases.shard_reader import Batch

LARGEST_BATCH = 100_000
"""A batch is at most a page of every source; the consumer must not cut it along its sources."""
SOURCE_TIMEOUT_SECONDS = 60.0

logger = structlog.get_logger(__name__)

_ANY_PARKED = "select exists (select from parked where status = 'parked')"


class _UnusualError(Exception):
    """Something here is the consumer's to judge; the message says what."""


class Filling:
    """One shard of a generation, whose tables and checkpoints `log` sees. `reached` is where its lanes are."""

    def __init__(self, model: ReadModel, log: EventLog, sources: Mapping[str, Source], shard: int) -> None:
        self._model = model
        self._log = log
        self._sources = sources
        self._shard = shard
        self._consumer = Consumer(
            log,
            dict(sources),
            model.fill,
            model.handled_types,
            batch_size=LARGEST_BATCH,
            source_timeout_seconds=SOURCE_TIMEOUT_SECONDS,
        )
        self.reached: dict[Lane, int] = {}

    async def prepare(self) -> None:
        """Create the checkpoints that are not there yet, and read where they stand."""
        await self._consumer.prepare()
        self.reached = self._consumer.positions

    async def put(self, batch: Batch) -> int:
        """Process a batch; how many positions that were. Raises TooManyParked and operational errors."""
        before = {(source, self._shard): self.reached[source, self._shard] for source in batch.ends}
        ends = {(source, self._shard): end for source, end in batch.ends.items()}
        try:
            await self._put_straight(batch.events, before, ends)
        except Exception as error:
            if is_operational(error):
                raise
            # What it is, the consumer finds out event by event, and parks it where it has to.
            why = str(error) if isinstance(error, _UnusualError) else type(error).__name__
            logger.info("rebuild_batch_by_consumer", model=self._model.name, shard=self._shard, why=why)
            await self._put_by_consumer(before, ends)
        self.reached |= ends
        return sum(end - before[lane] for lane, end in ends.items())

    async def _put_straight(
        self, events: list[Recorded], before: Mapping[Lane, int], ends: dict[Lane, int]
    ) -> None:
        if not self._model.handled_types.issuperset(event.type for event in events):
            raise _UnusualError("it amends others, or is of newer code")
        async with self._log.transaction() as work:
            positions, _ = await checkpoint.lock(work.connection, ends)
            if positions != before:
                raise _UnusualError("its lanes have moved")
            if await work.connection.fetchval(_ANY_PARKED):
                raise _UnusualError("something is parked")
            if events:
                await self._model.fill(work, events)
            await checkpoint.advance(work.connection, ends)

    async def _put_by_consumer(self, before: Mapping[Lane, int], ends: Mapping[Lane, int]) -> None:
        await self._consumer.reset()
        events = [
            event for lane, end in ends.items() for event in await self._whole(lane[0], before[lane], end)
        ]
        for error in (await self._consumer.process(events)).values():
            raise error

    async def _whole(self, source: str, after: int, end: int) -> list[Recorded]:
        events: list[Recorded] = []
        while after < end:
            page = await self._sources[source].read(self._shard, after, end - after)
            if not page:
                raise PositionNotServed(source, self._shard, after + 1)
            events += page
            after = page[-1].position
        return events
