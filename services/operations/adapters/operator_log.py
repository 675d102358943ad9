"""The operators' own log: what was replayed, who asked for it, and who agreed. An event log like every service's."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from libs.contracts import Event
from libs.eventlog import Append, EventLog, States
from libs.eventlog.database import open_pool
from libs.runtime.clock import new_id, utc_now
from services.operations.domain.republishing import Replay, RunsElsewhere, evolve, start

SOURCE = "operations"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"


class OperatorLog:
    """Replays by id, and how far they have come."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._states: States[Replay] = States(SOURCE, lambda stream_id: Replay(), evolve)

    async def record(self, replay_id: str, decide: Callable[[Replay], Sequence[Event]]) -> Replay:
        """Decide on a replay as it is and record the outcome; the replay after it. Raises what `decide` raises."""
        stream_id = f"replay-{replay_id}"
        async with self._log.transaction() as work:
            loaded = (await self._states.load(work.connection, [stream_id]))[stream_id]
            events = decide(loaded.state)
            work.append(Append(stream_id, loaded.version, events))
        return self._states.after(loaded, events).state

    @property
    def clock(self) -> Callable[[], datetime]:
        """The present moment, as it is recorded."""
        return self._log.clock

    @asynccontextmanager
    async def alone(self, replay_id: str) -> AsyncIterator[None]:
        """Within: no other process runs this replay. Raises RunsElsewhere.

        The lock goes with its session: a killed process leaves none.
        """
        async with self._log.pool.acquire() as connection:
            name = f"huiji replay {replay_id}"
            if not await connection.fetchval("select pg_try_advisory_lock(hashtextextended($1, 0))", name):
                raise RunsElsewhere(replay_id)
            try:
                yield
            finally:
                await connection.execute("select pg_advisory_unlock(hashtextextended($1, 0))", name)

    async def demand_startable(self, replay_id: str) -> None:
        """Raises what `start` would, and records nothing."""
        replay = (await self.replays()).get(replay_id, Replay())
        start(replay, replay_id, "", self._log.clock())

    async def replays(self) -> dict[str, Replay]:
        """Every replay by its id, oldest first."""
        async with self._log.pool.acquire() as connection:
            rows = await connection.fetch(
                "select stream_id from event where version = 1 and stream_id like 'replay-%' order by recorded_at"
            )
            loaded = await self._states.load(connection, [row["stream_id"] for row in rows])
        return {stream_id.removeprefix("replay-"): one.state for stream_id, one in loaded.items()}

    async def progress(self, replay_id: str) -> dict[int, tuple[int, int]]:
        """Per shard the position that was read to, and how many events of it were published."""
        rows = await self._log.pool.fetch(
            "select shard, position, published from replay_progress where replay_id = $1", replay_id
        )
        return {row["shard"]: (row["position"], row["published"]) for row in rows}

    async def advance(self, replay_id: str, shard: int, position: int, published: int) -> None:
        """A shard was read to a position, and so many more of its events are in the topic."""
        await self._log.pool.execute(
            "insert into replay_progress values ($1, $2, $3, $4) on conflict (replay_id, shard) do update set"
            " position = excluded.position, published = replay_progress.published + excluded.published",
            replay_id,
            shard,
            position,
            published,
        )


@asynccontextmanager
async def open_operator_log(database_url: str, shards: int) -> AsyncIterator[OperatorLog]:
    """The log in the deployment's database, created when missing. Raises LogIsArchive: nothing is replayed there."""
    async with open_operators(database_url, shards) as log:
        yield OperatorLog(log)


@asynccontextmanager
async def open_operators(database_url: str, shards: int) -> AsyncIterator[EventLog]:
    """The operators' event log itself."""
    pool = await open_pool(database_url, SOURCE, size=2)
    try:
        log = EventLog(pool, SOURCE, shards, utc_now, new_id)
        await log.prepare([_MIGRATIONS])
        yield log
    finally:
        await pool.close()
