"""The relay publishes each shard of a log, in order, to the same partition of the service's topic.

Its session holds a shard's advisory lock while it publishes, so several relays share the shards and none publishes one
twice at a time; a round is two statements and no transaction. What a crash makes it publish again, consumers skip by
position: no idempotent producer is needed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from libs.eventlog.errors import EventLogError, is_operational
from libs.eventlog.event import Recorded
from libs.eventlog.handed_over import HandedOver
from libs.eventlog.log import EventLog, channel_of
from libs.eventlog.read import to_recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

_HERE = Path(__file__).parent
_CURSORS = (_HERE / "cursors.sql").read_text()
_UNPUBLISHED = (_HERE / "unpublished.sql").read_text()
_ADVANCE = (_HERE / "advance_cursors.sql").read_text()
_LET_GO = "select pg_advisory_unlock_all()"
# Only while the cursor still says what was seen: another relay may have rewound it and be far into the rebuild.
_REWIND = """
update relay set position = 0, broker_offset = -1
from unnest($1::integer[], $2::bigint[]) as seen (shard, broker_offset)
where relay.shard = seen.shard and relay.broker_offset = seen.broker_offset
"""

EVENTS_PER_ROUND = 50_000
"""Bounds the memory of one round in a deployment of hundreds of shards."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a window of events: the offsets at which its first and its last record batch begin.

    Not the last record's: the embedded broker reports as a partition's end the begin of its last batch plus one.
    """

    first: int
    last_batch: int


class TopicLost(EventLogError):
    """The broker gave a lower offset than before: it has lost what was published."""

    code = "topic_lost"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a shard is published and recorded, as who publishes it sees it; -1: nothing was published."""

    position: int
    broker_offset: int
    head: int


class Topic(Protocol):
    """Where a log is published. Partition = shard."""

    async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
        """Append the events to the shard's partition, in order, durably. Raises TopicLost."""

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition, creating the topic when the broker does not have it."""


class Relay:
    """Publishes what is recorded and not published yet: woken at once, and polling as the net.

    `window` bounds the events of one round per shard; `poll_seconds` the wait when nobody wakes it; after a round it
    rests for `rest_seconds`, so that what several small transactions append leaves together.
    """

    def __init__(
        self,
        log: EventLog,
        topic: Topic,
        *,
        window: int = 1_000,
        poll_seconds: float = 1.0,
        watch_seconds: float = 5.0,
        retry_seconds: float = 0.5,
        rest_seconds: float = 0.0,
    ) -> None:
        self._log = log
        self._topic = topic
        self._window = max(1, min(window, EVENTS_PER_ROUND // log.shards))
        self._poll_seconds = poll_seconds
        self._watch_seconds = watch_seconds
        self._retry_seconds = retry_seconds
        self._rest_seconds = rest_seconds
        self._awake = asyncio.Event()
        self._failing: dict[str, str] = {}
        self._handed_over = HandedOver()
        self.published_total = 0
        log.on_append(self._appended)

    @property
    def failing(self) -> str | None:
        """Why nothing can be published now; None when all is well."""
        return "; ".join(self._failing.values()) or None

    def wake(self) -> None:
        """There is something to publish."""
        self._awake.set()

    def _appended(self, events: Sequence[Recorded]) -> None:
        self._handed_over.keep(events)
        self.wake()

    async def run(self) -> None:
        """Publish until cancelled. A broker or database that fails is tried again; `failing` says why."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_forever())
            tasks.create_task(self._watch_forever())
            tasks.create_task(self._listen_forever())

    async def _publish_forever(self) -> None:
        while True:
            self._awake.clear()
            try:
                # A round that filled no window has published all there was: what came meanwhile has woken us again.
                while published := await self.publish_once():
                    if published < self._window:
                        await asyncio.sleep(self._rest_seconds)
                        break
            except Exception as error:  # noqa: BLE001 - whatever fails, the relay goes on and says so
                self._note("publish", error)
                # A database that fails over may come back without what it had committed last.
                self._handed_over.forget()
                await self._until_broker_answers()
                continue
            self._failing.pop("publish", None)
            try:
                # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the wake-up.
                async with asyncio.timeout(self._poll_seconds):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def _until_broker_answers(self) -> None:
        """While the broker is away ask only it: what a round asks of the database would be for nothing."""
        while True:
            await asyncio.sleep(self._retry_seconds)
            try:
                await self._topic.end_offsets()
            except Exception as error:  # noqa: BLE001 - asked again until it answers
                self._note("publish", error)
            else:
                return

    async def publish_once(self) -> int:
        """Publish one window of every shard that no other relay holds; returns how many events.

        A shard that fails does not hold the others up: theirs is recorded as published before its error is raised.
        """
        async with self._log.pool.acquire() as connection:
            try:
                rows = await connection.fetch(_CURSORS, self._log.source)
                if not rows:
                    return 0
                cursors = {row["shard"]: Cursor(*row[1:]) for row in rows}
                by_shard = await self._due(connection, cursors)
                outcomes = await asyncio.gather(
                    *(self._topic.publish(shard, group) for shard, group in by_shard.items()),
                    return_exceptions=True,
                )
                published, failed = await self._settle(
                    connection, cursors, by_shard, dict(zip(by_shard, outcomes, strict=True))
                )
            except BaseException:
                await _let_go(connection)
                raise
        self.published_total += published
        if failed is not None:
            raise failed
        if any(events[-1].position < cursors[shard].head for shard, events in by_shard.items()):
            self.wake()
        return sum(map(len, by_shard.values()))

    async def _due(self, connection: "Connection", cursors: dict[int, Cursor]) -> dict[int, list[Recorded]]:
        """The next window of each shard: as this process appended it, or read from the log."""
        due = {
            shard: self._handed_over.following(shard, cursor.position, cursor.head, self._window)
            for shard, cursor in cursors.items()
        }
        unknown = [shard for shard, events in due.items() if not events]
        if unknown:
            rows = await connection.fetch(
                _UNPUBLISHED, unknown, [cursors[shard].position for shard in unknown], self._window
            )
            for event in await to_recorded(connection, self._log.source, rows):
                due[event.shard].append(event)
        return {shard: events for shard, events in due.items() if events}

    async def _settle(
        self,
        connection: "Connection",
        cursors: dict[int, Cursor],
        by_shard: dict[int, list[Recorded]],
        outcomes: dict[int, Placed | BaseException],
    ) -> tuple[int, BaseException | None]:
        """Move the cursors of what was published, rewind those whose topic is gone, and let all go.

        Returns how many events were published, and the first other failure.
        """
        done = {
            shard: placed
            for shard, placed in outcomes.items()
            if isinstance(placed, Placed) and placed.first > cursors[shard].broker_offset
        }
        failures = {
            shard: outcome
            for shard, outcome in outcomes.items()
            if isinstance(outcome, BaseException) and not isinstance(outcome, TopicLost)
        }
        lost = {
            shard: cursors[shard].broker_offset
            for shard in outcomes
            if shard not in done and shard not in failures
        }
        if lost:
            await self._rewind(connection, lost)
            self.wake()
        await connection.execute(
            _ADVANCE,
            list(done),
            [by_shard[shard][-1].position for shard in done],
            [placed.last_batch for placed in done.values()],
            [cursors[shard].position for shard in done],
            [cursors[shard].broker_offset for shard in done],
            self._log.source,
            list(cursors),
        )
        return sum(len(by_shard[shard]) for shard in done), next(iter(failures.values()), None)

    async def _watch_forever(self) -> None:
        """Notice that the broker lost the topic while nothing is being published."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                await self.check_broker()
            except Exception as error:  # noqa: BLE001 - the next look may succeed; readiness shows `failing`
                self._note("watch", error)
            else:
                self._failing.pop("watch", None)

    async def _listen_forever(self) -> None:
        """Be woken by other processes that append to this log (a command line, a second replica without relay)."""
        while True:
            try:
                await self._listen_once()
            except Exception as error:
                if not is_operational(error):
                    raise
                logger.info("relay_not_listening", source=self._log.source, error=type(error).__name__)
            await asyncio.sleep(self._retry_seconds)

    async def _listen_once(self) -> None:
        channel = channel_of(self._log.source)
        ended = asyncio.Event()

        def notified(*_: object) -> None:
            self.wake()

        def terminated(_: object) -> None:
            ended.set()

        async with self._log.pool.acquire() as connection:
            connection.add_termination_listener(terminated)
            try:
                await connection.add_listener(channel, notified)
                self.wake()
                await ended.wait()
            finally:
                connection.remove_termination_listener(terminated)
                if not connection.is_closed():
                    await connection.remove_listener(channel, notified)

    async def check_broker(self) -> bool:
        """Compare the broker's ends with what was published; rewinds and returns True when data is gone.

        The cursors are read first and the ends after: ends only grow unless data is lost, so no lock is needed
        while the broker is asked, and a broker that hangs holds nobody up.
        """
        async with self._log.pool.acquire() as connection:
            rows = await connection.fetch("select shard, broker_offset from relay where broker_offset >= 0")
        ends = await self._topic.end_offsets()
        lost = {
            row["shard"]: row["broker_offset"]
            for row in rows
            if ends.get(row["shard"], 0) <= row["broker_offset"]
        }
        if not lost:
            return False
        async with self._log.pool.acquire() as connection, connection.transaction():
            await self._rewind(connection, lost)
        self.wake()
        return True

    async def rebuild_topic(self) -> None:
        """Publish the whole log again, as after the loss of the broker."""
        async with self._log.pool.acquire() as connection:
            await connection.execute("update relay set position = 0, broker_offset = -1")
        self.wake()

    async def _rewind(self, connection: "Connection", lost: dict[int, int]) -> None:
        logger.warning(
            "topic_rebuilding",
            source=self._log.source,
            shards=len(lost),
            reason="the broker has less than was published",
        )
        await connection.execute(_REWIND, list(lost), list(lost.values()))

    def _note(self, part: str, error: BaseException) -> None:
        self._failing[part] = f"{type(error).__name__}: {error}"
        logger.warning("relay_failing", source=self._log.source, part=part, error=self._failing[part])


async def _let_go(connection: "Connection") -> None:
    """Of a round that failed or was cancelled: the connection goes back to the pool, and must hold nothing there."""
    try:
        await connection.execute(_LET_GO)
    except BaseException as error:
        connection.terminate()  # what its session holds ends with it
        if not isinstance(error, Exception):
            raise
