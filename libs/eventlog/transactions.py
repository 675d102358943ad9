"""The transactions of a consumer: what a batch of events writes commits together with how far its lanes have got."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import structlog

from libs.contracts.registry import ContractError
from libs.eventlog import checkpoint, parking
from libs.eventlog.amending import AMENDING, amend, due_subjects, not_due
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import CheckpointMoved, ConcurrencyConflict, blamed, is_operational
from libs.eventlog.event import Recorded
from libs.eventlog.log import EventLog, UnitOfWork
from libs.eventlog.parking import BLOCKED, Poison

logger = structlog.get_logger(__name__)

Handler = Callable[[UnitOfWork, Sequence[Recorded]], Awaitable[None]]
"""Handles events, in order, inside one unit of work. It raises when an event cannot be processed."""

# Losing a race is normal, losing it again and again alone is a decision that can never be appended.
CONFLICTS_OF_A_BATCH = 3
CONFLICTS_OF_ONE = 8
# Alone and with nothing cached an event gets a second chance before it is called poisoned.
FAILURES_OF_ONE = 2
PAUSE_SECONDS = 0.01
# More than one of so many is not a few bad claims: halving then meets the breaker before much is parked.
FEW_OF_A_BATCH = 20

_WAITING = Poison(BLOCKED, "an earlier event of the subject is parked")


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the handled events of one transaction; `blocked` waited behind a parked one."""

    processed: int = 0
    poisoned: int = 0
    blocked: int = 0


@dataclass(slots=True)
class Verdicts:
    """What a batch's failures have shown: which events are poisoned and why, and which have failed once."""

    poisons: dict[UUID, Poison] = field(default_factory=dict)
    suspects: set[UUID] = field(default_factory=set)


class LaneTransactions:
    """Commits batches. `positions` is what this process believes; the checkpoint rows are what holds."""

    def __init__(
        self,
        log: EventLog,
        handler: Handler,
        handled_types: frozenset[str],
        on_reset: Callable[[], None],
        breaker: ParkingBreaker,
    ) -> None:
        self._log = log
        self._handler = handler
        self._handled_types = handled_types
        self._on_reset = on_reset
        self._breaker = breaker
        self.positions: dict[Lane, int] = {}
        self.processed_total = 0
        self.parked_total = 0
        #: Something parked was amended: it is to be tried again. True at first: a crash may have come between.
        self.amended = True

    async def process(self, events: Sequence[Recorded]) -> None:
        """Process one transaction's worth of events, each lane contiguous; what is poisoned in it is parked.

        When it is known of which event a failure came, that event is parked in the transaction of its neighbours: in
        the same one while its handler had written nothing, else in one more. Else a failing batch is halved until the
        one event that fails alone is found. Raises operational errors, TooManyParked, and what a single event still
        raises that was to be parked: an amendment that cannot be read holds its lane.
        """
        verdicts = Verdicts()
        while True:
            try:
                await self._try(events, verdicts)
            except Exception as error:
                if self._judged(events, error, verdicts, final=len(events) == 1):
                    continue
                if len(events) == 1:
                    raise
                break
            else:
                return
        middle = len(events) // 2
        await self.process(events[:middle])
        await self.process(events[middle:])

    def _judged(
        self, events: Sequence[Recorded], error: Exception, verdicts: Verdicts, *, final: bool
    ) -> bool:
        """Note of which event a failure came; whether trying again, as `verdicts` now say, is worth it.

        What cannot be read stays so; a decision gets a second chance with nothing cached, unless this is `final`.
        Raises operational errors and TooManyParked.
        """
        if is_operational(error) and not isinstance(error, ConcurrencyConflict):
            raise error
        culprit = _culprit(events, error)
        if culprit is None or culprit.event_id in verdicts.poisons:
            return False
        if len(verdicts.poisons) > len(events) // FEW_OF_A_BATCH:
            return False
        if final or isinstance(error, ContractError) or culprit.event_id in verdicts.suspects:
            self._breaker.check()
            verdicts.poisons[culprit.event_id] = Poison.of(error)
        verdicts.suspects.add(culprit.event_id)
        return True

    async def _try(self, events: Sequence[Recorded], verdicts: Verdicts) -> None:
        failures = 0
        while True:
            try:
                await self._commit(events, verdicts)
            except Exception as error:
                # A handler that failed half way may have left its memory ahead of what is committed.
                if blamed(error) is None:
                    self._on_reset()
                failures += 1
                if failures >= _attempts(error, len(events)):
                    raise
                await asyncio.sleep(PAUSE_SECONDS * 2**failures)
            else:
                return

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
                work.after_commit(self._note_due)
        return tally

    def _note_due(self) -> None:
        self.amended = True

    async def _handle(
        self, work: UnitOfWork, events: list[Recorded], verdicts: Verdicts, blocked: set[str]
    ) -> Tally:
        handled = [event for event in events if event.type in self._handled_types]
        if not handled:
            return Tally()
        mark = work.mark()
        while True:
            sorted_out = _sort_out(handled, blocked, verdicts.poisons)
            try:
                if sorted_out.free:
                    await self._handler(work, sorted_out.free)
            except Exception as error:
                if isinstance(error, asyncpg.PostgresError) or not work.go_back(mark):
                    raise
                if blamed(error) is None:
                    self._on_reset()
                if not self._judged(sorted_out.free, error, verdicts, final=False):
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

    async def retry(self, subject: str, by: str, sources: Sequence[str]) -> tuple[int, int]:
        """Process a subject's parked events again, each in a unit of work of its own, until one fails again."""
        retried = 0
        while True:
            async with self._log.pool.acquire() as connection:
                waiting = await parking.list_parked(connection, subject=subject, limit=1)
            if not waiting:
                return retried, 0
            poison = await self._retry_one(waiting[0], by, sources)
            if poison is not None:
                async with self._log.pool.acquire() as connection:
                    await parking.note_failed_retry(connection, waiting[0], poison)
                    return retried, await parking.count_of(connection, subject)
            retried += 1

    async def retry_amended(self, sources: Sequence[str]) -> None:
        """Try again what was amended since it was parked. What fails again waits for a person."""
        if not self.amended:
            return
        async with self._log.pool.acquire() as connection:
            due = await due_subjects(connection)
        for subject, amendment in due.items():
            retried, waiting = await self.retry(subject, f"amendment {amendment or ''}".strip(), sources)
            logger.info("amended_retried", subject=subject, retried=retried, still_parked=waiting)
            async with self._log.pool.acquire() as connection:
                await not_due(connection, subject)
        self.amended = False

    async def _retry_one(self, parked: parking.Parked, by: str, sources: Sequence[str]) -> Poison | None:
        failures = 0
        while True:
            try:
                await self._commit_retry(parked, by, sources)
            except Exception as error:
                self._on_reset()
                failures += 1
                if failures < _attempts(error, 1):
                    await asyncio.sleep(PAUSE_SECONDS * 2**failures)
                    continue
                if is_operational(error) and not isinstance(error, ConcurrencyConflict):
                    raise
                return Poison.of(error)
            else:
                return None

    async def _commit_retry(self, parked: parking.Parked, by: str, sources: Sequence[str]) -> None:
        """The lanes of the event's shard are locked meanwhile: nothing newer of the subject slips between."""
        shard = parked.event.shard
        async with self._log.transaction() as work:
            await checkpoint.lock(work.connection, {(source, shard) for source in sources})
            first = await parking.list_parked(work.connection, subject=parked.event.subject, limit=1)
            if first and first[0].id == parked.id:
                await self._handler(work, [first[0].to_process()])
                await parking.resolve(work.connection, [parked.id], "retried", by, "processed", work.now)


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """Events for the handler, and those that are parked instead, with why; `poisoned` of them are so themselves."""

    free: list[Recorded]
    to_park: list[tuple[Recorded, Poison]]
    poisoned: int


def _sort_out(handled: Sequence[Recorded], waiting: set[str], poisons: Mapping[UUID, Poison]) -> _SortedOut:
    """What is poisoned is parked, with everything after it of its subject and of subjects that wait already."""
    blocked = set(waiting)
    free: list[Recorded] = []
    to_park: list[tuple[Recorded, Poison]] = []
    poisoned = 0
    for event in handled:
        if event.subject in blocked:
            to_park.append((event, _WAITING))
        elif (poison := poisons.get(event.event_id)) is not None:
            logger.warning("event_parked", subject=event.subject, type=event.type, reason=poison.reason)
            to_park.append((event, poison))
            blocked.add(event.subject)
            poisoned += 1
        else:
            free.append(event)
    return _SortedOut(free, to_park, poisoned)


def _culprit(events: Sequence[Recorded], error: Exception) -> Recorded | None:
    """The event that an error came of: the only one, the one that whoever failed has named, or an unreadable one."""
    if len(events) == 1:
        return events[0]
    named = blamed(error)
    if named is None and isinstance(error, ContractError):
        return next((event for event in events if not _readable(event)), None)
    # By its id: a traced handler is given copies that continue the trace.
    return next((event for event in events if event.event_id == getattr(named, "event_id", None)), None)


def _readable(event: Recorded) -> bool:
    try:
        event.decode()
    except ContractError:
        return False
    return True


def _attempts(error: Exception, events: int) -> int:
    """How often a transaction of so many events may fail this way before its caller hears of it."""
    if isinstance(error, ConcurrencyConflict):
        return CONFLICTS_OF_ONE if events == 1 else CONFLICTS_OF_A_BATCH
    if is_operational(error):
        return 1
    return FAILURES_OF_ONE if events == 1 else 1
