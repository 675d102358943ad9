"""What was put away and taken back, who asked for it and who agreed: streams of the operators' own log."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from libs.contracts import Event
from libs.eventlog import Append, EventLog, States
from services.operations.adapters.operator_log import SOURCE, open_operators
from services.operations.domain.archiving import Archiving, evolve

_PREFIX = "archiving-"


class ArchiveLog:
    """Archivings by id."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._states: States[Archiving] = States(SOURCE, lambda stream_id: Archiving(), evolve)

    @property
    def clock(self) -> Callable[[], datetime]:
        """The present moment, as it is recorded."""
        return self._log.clock

    async def record(self, archiving_id: str, decide: Callable[[Archiving], Sequence[Event]]) -> Archiving:
        """Decide on an archiving as it is and record the outcome; as it is then. Raises what `decide` raises."""
        stream_id = _PREFIX + archiving_id
        async with self._log.transaction() as work:
            loaded = (await self._states.load(work.connection, [stream_id]))[stream_id]
            events = decide(loaded.state)
            work.append(Append(stream_id, loaded.version, events))
        return self._states.after(loaded, events).state

    async def archivings(self) -> dict[str, Archiving]:
        """Every archiving that was planned, oldest first."""
        async with self._log.pool.acquire() as connection:
            rows = await connection.fetch(
                "select stream_id from event where version = 1 and stream_id like $1 and type = 'ArchivingPlanned'"
                " order by recorded_at",
                f"{_PREFIX}%",
            )
            loaded = await self._states.load(connection, [row["stream_id"] for row in rows])
        return {stream_id.removeprefix(_PREFIX): one.state for stream_id, one in loaded.items()}


@asynccontextmanager
async def open_archive_log(database_url: str, shards: int) -> AsyncIterator[ArchiveLog]:
    """In the deployment's database, created when missing. Raises LogIsArchive: an imported copy is only looked at."""
    async with open_operators(database_url, shards) as log:
        yield ArchiveLog(log)
