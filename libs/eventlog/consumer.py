"""The consumer: every event of every source takes effect exactly once, in the order of its shard.

Delivery counts for nothing. What a lane (source, shard) has processed is a position, committed together with what
the processing wrote: a lower position is a duplicate, a jump is a gap that is filled from the source's own log.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

import structlog

from libs.contracts import knows, latest_version
from libs.eventlog import checkpoint, parking
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import (
    NewerThanThisCode,
    SourceUnreachable,
    SourceWentBack,
    UnknownLane,
)
from libs.eventlog.event import Recorded
from libs.eventlog.handling import Handler
from libs.eventlog.log import EventLog
from libs.eventlog.retrying import ParkedRetries
from libs.eventlog.source import SOURCE_REST_SECONDS, SOURCE_TIMEOUT_SECONDS, PatientSources, Source
from libs.eventlog.transactions import LaneTransactions

logger = structlog.get_logger(__name__)

Held = SourceUnreachable | NewerThanThisCode
"""Why a lane waits while the others go on."""


@dataclass(frozen=True, slots=True)
class RetriedMany:
    """What became of some parked subjects; `next_after`: more follow."""

    subjects: int
    retried: int
    still_parked: int
    next_after: int | None


class Consumer:
    """Processes batches for one service. One call at a time: its callers take turns.

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
        source_timeout_seconds: float = SOURCE_TIMEOUT_SECONDS,
        source_rest_seconds: float = SOURCE_REST_SECONDS,
    ) -> None:
        self._log = log
        self._sources = PatientSources(
            sources, timeout_seconds=source_timeout_seconds, rest_seconds=source_rest_seconds
        )
        self._lanes = [(source, shard) for source in sources for shard in range(log.shards)]
        self._batch_size = batch_size
        self._on_reset = on_reset
        self.breaker = breaker or ParkingBreaker()
        self._handled_types = handled_types
        self._retries = ParkedRetries(log, handler, sorted(sources), on_reset)
        self._transactions = LaneTransactions(
            log, handler, handled_types, on_reset, self._retries.note_amended, self.breaker
        )
        self.duplicates_total = 0
        self.refilled_total = 0

    @property
    def positions(self) -> dict[Lane, int]:
        """The last processed position of every lane, as this process knows it."""
        return dict(self._transactions.positions)

    @property
    def processed_total(self) -> int:
        """Events whose lane has moved past them, handled or not."""
        return self._transactions.processed_total

    @property
    def parked_total(self) -> int:
        """Events that were parked, poisoned or behind a poisoned one."""
        return self._transactions.parked_total

    async def prepare(self) -> None:
        """Create the checkpoints of all lanes and read where they stand."""
        async with self._log.pool.acquire() as connection:
            await checkpoint.create(connection, self._lanes)
        await self.reset()

    async def reset(self) -> None:
        """Forget what this process believes and read the checkpoints: on start and rebalance."""
        self._on_reset()
        async with self._log.pool.acquire() as connection:
            self._transactions.positions = await checkpoint.read(connection)

    async def process(self, events: Iterable[Recorded]) -> dict[Lane, Held]:
        """Process events as delivered, in any state of duplication or loss; each lane's must be in order.

        Returns the lanes that are held: a gap that its source could not fill yet, or an event of newer code; deliver
        those again later, the others went on. Raises operational errors (nothing is lost: deliver again), UnknownLane
        and TooManyParked.
        """
        ready: list[Recorded] = []
        held: dict[Lane, Held] = {}
        expected = self.positions
        for event in events:
            lane = (event.source, event.shard)
            if lane not in expected:
                raise UnknownLane(*lane)
            if event.position <= expected[lane]:
                self.duplicates_total += 1
                continue
            if lane in held:
                continue
            if event.position > expected[lane] + 1:
                # In pages as they come, so that a gap of a whole log needs no memory; the lane's earlier events first.
                await self._process_all(ready)
                ready = []
                try:
                    await self._fill(lane, event.position - 1)
                except (SourceUnreachable, NewerThanThisCode) as error:
                    held[lane] = error
                    continue
            if (newer := self._newer(event)) is not None:
                held[lane] = newer
                continue
            ready.append(event)
            expected[lane] = event.position
        await self._process_all(ready)
        return held

    async def catch_up(self, source: str, shards: Iterable[int]) -> int:
        """Read what a source has beyond our checkpoints and process it: needs no broker. Returns how many events.

        Raises SourceUnreachable, NewerThanThisCode, SourceWentBack and what `process` raises.
        """
        heads = await self.behind(source, shards)
        filled = 0
        newer: NewerThanThisCode | None = None
        for shard, head in heads.items():
            try:
                filled += await self._fill((source, shard), head)
            except NewerThanThisCode as error:
                # It holds its own lane alone.
                newer = error
        if newer is not None:
            raise newer
        return filled

    async def behind(self, source: str, shards: Iterable[int]) -> dict[int, int]:
        """Those of `shards` that a source has more of than we have processed, with their ends there.

        Changes nothing, so it may run beside `process`. Raises SourceUnreachable and SourceWentBack.
        """
        before = self.positions
        heads = await self._sources.heads(source)
        for shard in shards:
            if heads.get(shard, 0) < before[source, shard]:
                raise SourceWentBack(source, shard, before[source, shard], heads.get(shard, 0))
        return {shard: heads[shard] for shard in shards if heads.get(shard, 0) > before[source, shard]}

    async def retry(self, subject: str, by: str) -> tuple[int, int]:
        """Process a subject's parked events again, in the order they arrived, each in a unit of work of its own.

        Stops at the first that fails again. Returns (retried, still parked).
        """
        return await self._retries.retry(subject, by)

    async def retry_many(
        self, by: str, *, reason: str | None = None, after: int = 0, limit: int = 100
    ) -> "RetriedMany":
        """Retry the parked subjects, oldest first, whose first event is parked for `reason` (None: any).

        `after` and `limit` bound one call: the answer's `next_after` goes on, None at the end.
        """
        async with self._log.pool.acquire() as connection:
            found = await parking.parked_subjects(connection, reason=reason, after=after, limit=limit)
        retried = waiting = 0
        for _, subject in found:
            done, left = await self.retry(subject, by)
            retried, waiting = retried + done, waiting + left
        return RetriedMany(len(found), retried, waiting, found[-1][0] if len(found) == limit else None)

    async def _process_all(self, events: Sequence[Recorded]) -> None:
        for start in range(0, len(events), self._batch_size):
            await self._transactions.process(events[start : start + self._batch_size])
        await self._retries.retry_amended()

    async def _fill(self, lane: Lane, until: int) -> int:
        """Process a lane from its source's log up to a position. Raises SourceUnreachable; what was read holds."""
        source, shard = lane
        filled = 0
        while (after := self._transactions.positions[lane]) < until:
            page = await self._sources.read(source, shard, after, min(self._batch_size, until - after))
            newer = next((found for event in page if (found := self._newer(event)) is not None), None)
            readable = (
                page if newer is None else list(takewhile(lambda event: self._newer(event) is None, page))
            )
            await self._process_all(readable)
            filled += len(readable)
            if newer is not None:
                raise newer
        self.refilled_total += filled
        if filled:
            logger.info("gap_refilled", source=source, shard=shard, events=filled)
        return filled

    def _newer(self, event: Recorded) -> NewerThanThisCode | None:
        """What holds the event's lane when it was written by newer code.

        A newer version of a type that is not handled here holds nothing. A type that this code has never heard of
        does: only the newer code knows whether this service handles it, and what a lane has passed is not read again.
        """
        if knows(event.type, event.schema_version):
            return None
        if not knows(event.type, 1):
            known = None
        elif event.type in self._handled_types:
            known = latest_version(event.type)
        else:
            return None
        return NewerThanThisCode(
            event.source, event.shard, event.position, event.type, event.schema_version, known
        )
