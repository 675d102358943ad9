"""The transactions of a consumer: what a batch of events writes commits together with how far its lanes have got."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from libs.eventlog import checkpoint, parking
from libs.eventlog.amending import AMENDING, amend
from libs.eventlog.attempting import attempt
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import CheckpointMoved, blamed
from libs.eventlog.event import Recorded
from libs.eventlog.handling import Handler
from libs.eventlog.log import EventLog, UnitOfWork
from libs.eventlog.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the handled events of one transaction; `blocked` waited behind a parked one."""

    processed: int = 0
    poisoned: int = 0
    blocked: int = 0


class LaneTransactions:
    """Commits batches. `positions` is what this process believes; the checkpoint rows are what holds."""

    def __init__(
        self,
        log: EventLog,
        handler: Handler,
        handled_types: frozenset[str],
        on_reset: Callable[[], None],
        on_amended: Callable[[], None],
        breaker: ParkingBreaker,
    ) -> None:
        self._log = log
        self._handler = handler
        self._handled_types = handled_types
        self._on_reset = on_reset
        self._on_amended = on_amended
        self._breaker = breaker
        self.positions: dict[Lane, int] = {}
        self.processed_total = 0
        self.parked_total = 0

    async def process(self, events: Sequence[Recorded]) -> None:
        """Process one transaction's worth of events, each lane contiguous; what is poisoned in it is parked.

        When it is known of which event a failure came, that event is parked in the transaction of its neighbours: in
        the same one while its handler had written nothing, else in one more. Else a failing batch is halved until the
        one event that fails alone is found. Raises operational errors, TooManyParked, and what a single event still
        raises that was to be parked: an amendment that cannot be read holds its lane.
        """
        verdicts = Verdicts(self._breaker)
        while True:
            try:
                await attempt(lambda: self._commit(events, verdicts), len(events), self._reset_unless_blamed)
            except Exception as error:
                if verdicts.judge(events, error, final=len(events) == 1):
                    continue
                if len(events) == 1:
                    raise
                break
            else:
                return
        middle = len(events) // 2
        await self.process(events[:middle])
        await self.process(events[middle:])

    def _reset_unless_blamed(self, error: Exception) -> None:
        """A handler that failed half way may have left its memory ahead of what is committed."""
        if blamed(error) is None:
            self._on_reset()

    async def _commit(self, events: Sequence[Recorded], verdicts: Verdicts) -> None:
        lanes = {(event.source, event.shard) for event in events}
        subjects = {event.subject for event in events if event.type in self._handled_types}
        async with self._log.transaction() as work:
            stored, blocked = await checkpoint.lock(work.connection, lanes, subjects)
            moved = any(stored[lane] != self.positions[lane] for lane in lanes)
            if moved:
                self._on_reset()
            if moved or blocked:
                # Whoever held the locks that we waited for may have parked, or retried with success.
                blocked = await parking.blocked_subjects(work.connection, subjects)
            todo = self._todo(events, stored)
            ends = {(event.source, event.shard): event.position for event in todo}
            tally = Tally()
            if todo:
                tally = await self._apply(work, todo, verdicts, blocked)
                work.advances = ends
            work.after_commit(lambda: self._committed({**stored, **ends}, len(todo), tally))

    def _todo(self, events: Sequence[Recorded], stored: dict[Lane, int]) -> list[Recorded]:
        """What is not processed yet. Raises CheckpointMoved when it does not follow what is."""
        reached = dict(stored)
        todo = []
        for event in events:
            lane = (event.source, event.shard)
            if event.position <= reached[lane]:
                continue
            if event.position != reached[lane] + 1:
                self.positions[lane] = stored[lane]
                raise CheckpointMoved(*lane, stored[lane], event.position)
            reached[lane] = event.position
            todo.append(event)
        return todo

    async def _apply(
        self, work: UnitOfWork, events: list[Recorded], verdicts: Verdicts, blocked: set[str]
    ) -> Tally:
        """Hand the events to the handler, but for those that are parked; then apply what amends them."""
        tally = await self._handle(work, events, verdicts, blocked)
        for event in events:
            # After what came before it is parked: an amendment always comes after its event.
            if event.type in AMENDING and await amend(work.connection, event, work.now):
                work.after_commit(self._on_amended)
        return tally

    async def _handle(
        self, work: UnitOfWork, events: list[Recorded], verdicts: Verdicts, blocked: set[str]
    ) -> Tally:
        handled = [event for event in events if event.type in self._handled_types]
        if not handled:
            return Tally()
        mark = work.mark()
        while True:
            sorted_out = verdicts.sort_out(handled, blocked)
            try:
                if sorted_out.free:
                    await self._handler(work, sorted_out.free)
            except Exception as error:
                if isinstance(error, asyncpg.PostgresError) or not work.go_back(mark):
                    raise
                self._reset_unless_blamed(error)
                if not verdicts.judge(sorted_out.free, error, final=False):
                    raise
            else:
                break
        if sorted_out.to_park:
            await parking.park(work.connection, sorted_out.to_park, work.now)
        waiting = len(sorted_out.to_park) - sorted_out.poisoned
        return Tally(len(sorted_out.free), sorted_out.poisoned, waiting)

    def _committed(self, positions: dict[Lane, int], events: int, tally: Tally) -> None:
        self.positions.update(positions)
        self.processed_total += events
        self.parked_total += tally.poisoned + tally.blocked
        # Neither types that nobody handles nor followers of a parked event say anything about our health.
        self._breaker.seen(tally.processed + tally.poisoned, tally.poisoned)
