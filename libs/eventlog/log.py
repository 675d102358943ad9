"""A service's event log: the unit of work in which everything that belongs together commits."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import structlog

from libs.eventlog import checkpoint
from libs.eventlog.append import append_events
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import LogIsArchive, is_operational
from libs.eventlog.event import Append, Recorded
from libs.eventlog.heads import Heads
from libs.eventlog.migrate import KERNEL_MIGRATIONS, create_shards, migrate
from libs.eventlog.said import note_said
from libs.eventlog.snapshots import Draft, never_snapshot, write_snapshots

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool

logger = structlog.get_logger(__name__)


def channel_of(source: str) -> str:
    """The PostgreSQL notification channel on which a log's relays are woken."""
    return f"huiji_{source}_appended"


class Mark(NamedTuple):
    """How far a unit of work has come."""

    appends: int
    callbacks: int
    writes: int
    snapshots: int


class UnitOfWork:
    """One transaction: what is read, what is appended, and what is done once it has committed."""

    def __init__(self, connection: "Connection", now: datetime) -> None:
        #: For questions only: who writes uses `connection`, and cannot be taken back without the whole transaction.
        self.reader = connection
        self.now = now
        self._writes = 0
        self._appends: list[Append] = []
        self._after_commit: list[Callable[[], None]] = []
        #: Where lanes that this transaction holds locked move to at its end, with what is appended.
        self.advances: Mapping[Lane, int] = {}
        #: What is kept of states at events that this transaction appends.
        self.snapshots: list[Draft] = []
        #: Streams of which an event is amended: they are folded from their first event from now on.
        self.amended: list[str] = []

    @property
    def connection(self) -> "Connection":
        """The transaction's connection; whoever takes it counts as having written."""
        self._writes += 1
        return self.reader

    def mark(self) -> "Mark":
        """A point to go back to while nothing is written."""
        return Mark(len(self._appends), len(self._after_commit), self._writes, len(self.snapshots))

    def go_back(self, mark: "Mark") -> bool:
        """Forget what was to be appended and done since `mark`. Answers False, and does nothing, if it has written."""
        if self._writes != mark.writes:
            return False
        del self._appends[mark.appends :]
        del self._after_commit[mark.callbacks :]
        del self.snapshots[mark.snapshots :]
        return True

    def append(self, append: Append) -> None:
        """Add events to this transaction's batch; they are written together at its end."""
        if append.events:
            self._appends.append(append)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` when, and only when, the transaction has committed. It must not fail or wait."""
        self._after_commit.append(callback)

    @property
    def pending(self) -> Sequence[Append]:
        """What will be appended when the unit of work ends."""
        return tuple(self._appends)

    def committed(self) -> None:
        """Called by the log after the commit."""
        for callback in self._after_commit:
            callback()


BeforeCommit = Callable[[UnitOfWork, list[Recorded]], Awaitable[None]]

Listener = Callable[[Sequence[Recorded]], None]
"""Told of each commit: the events that it appended."""


class EventLog:
    """The append side of one service's log in one PostgreSQL schema.

    `clock` and `new_id` are the only sources of time and ids: events get theirs here, at the edge.
    """

    def __init__(
        self,
        pool: "Pool",
        source: str,
        shards: int,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.pool = pool
        self.source = source
        self.shards = shards
        self.clock = clock
        self.new_id = new_id
        self._listeners: list[Listener] = []
        self._heads = Heads()

    async def prepare(self, migrations: Sequence[Path] = ()) -> None:
        """Create or update the schema: the kernel's tables and the service's own.

        Raises ShardCountDiffers; LogIsArchive: a copy of another deployment must not act in its place; SchemaIsNewer
        and LogIsNewer: this code is older than what has worked here, and cannot go on with it.
        """
        async with self.pool.acquire() as connection:
            await migrate(connection, self.source, [KERNEL_MIGRATIONS, *migrations])
            await create_shards(connection, self.shards)
            if await connection.fetchval("select to_regclass('archive')") is not None:
                raise LogIsArchive(self.source)
            await note_said(connection, self.source)

    def on_append(self, listener: Listener) -> None:
        """Call `listener` after each commit that appended events: this is how the relay has them at once."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def transaction(self, before_commit: BeforeCommit | None = None) -> AsyncIterator[UnitOfWork]:
        """A unit of work: on leaving, its events are appended and all commits, or nothing does.

        Raises ConcurrencyConflict when another writer was first; nothing has happened then.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            work = UnitOfWork(connection, self.clock())
            yield work
            recorded = await append_events(
                connection, self.source, self.shards, work.pending, work.now, self.new_id, self._heads,
                work.advances,
            )  # fmt: skip
            if work.advances and not recorded:
                await checkpoint.advance(connection, work.advances)
            if work.snapshots:
                await write_snapshots(connection, work.snapshots, recorded)
            for stream_id in work.amended:
                await never_snapshot(connection, stream_id)
            if before_commit is not None:
                await before_commit(work, recorded)
        self._heads.bring_back(recorded)
        work.committed()
        if recorded:
            await self._tell_relays(recorded)

    async def _tell_relays(self, recorded: Sequence[Recorded]) -> None:
        for listener in self._listeners:
            listener(recorded)
        if self._listeners:
            return
        # This process has no relay, another may. Never inside the append's transaction: NOTIFY takes a lock over the
        # whole database there and costs two thirds of the throughput.
        try:
            await self.pool.execute("select pg_notify($1, '')", channel_of(self.source))
        except Exception as error:
            if not is_operational(error):
                raise
            logger.info("relays_not_notified", source=self.source, error=type(error).__name__)
