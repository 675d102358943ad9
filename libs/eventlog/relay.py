"""The relay publishes each shard of a log, in order, to the same partition of the service's topic.

It holds the row of a shard's cursor while it publishes, so several relays share the shards and none publishes one
twice at a time. What a crash makes it publish again, consumers skip by position: no idempotent producer is needed.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from libs.eventlog.event import Recorded
from libs.eventlog.log import EventLog
from libs.eventlog.read import to_recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

_UNPUBLISHED = (Path(__file__).parent / "unpublished.sql").read_text()


class Topic(Protocol):
    """Where a log is published. Partition = shard."""

    async def publish(self, shard: int, events: Sequence[Recorded]) -> int:
        """Append the events to the shard's partition, in order, durably; returns the first one's offset."""

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition, creating the topic when the broker does not have it."""


class Relay:
    """Publishes what is recorded and not published yet: woken at once, and polling as the net.

    `window` bounds the events of one round per shard; `poll_seconds` the wait when nobody wakes it.
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
    ) -> None:
        self._log = log
        self._topic = topic
        self._window = window
        self._poll_seconds = poll_seconds
        self._watch_seconds = watch_seconds
        self._retry_seconds = retry_seconds
        self._awake = asyncio.Event()
        self.published_total = 0
        self.failing: str | None = None
        log.on_append(self.wake)

    def wake(self) -> None:
        """There is something to publish."""
        self._awake.set()

    async def run(self) -> None:
        """Publish until cancelled. A broker or database that fails is tried again; `failing` says why."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_forever())
            tasks.create_task(self._watch_forever())

    async def _publish_forever(self) -> None:
        while True:
            self._awake.clear()
            try:
                while await self.publish_once():
                    pass
                self.failing = None
            except Exception as error:  # noqa: BLE001 - whatever fails, the relay goes on and says so
                self.failing = _in_words(error)
                logger.warning("relay_failing", source=self._log.source, error=self.failing)
                await asyncio.sleep(self._retry_seconds)
                continue
            try:
                await asyncio.wait_for(self._awake.wait(), self._poll_seconds)
            except TimeoutError:
                continue

    async def publish_once(self) -> int:
        """Publish one window of every shard that no other relay holds; returns how many events."""
        async with self._log.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_UNPUBLISHED, self._window)
            if not rows:
                return 0
            cursors = {row["shard"]: row["broker_offset"] for row in rows}
            events = [to_recorded(self._log.source, row[1:]) for row in rows]
            by_shard = {shard: list(group) for shard, group in groupby(events, key=lambda event: event.shard)}
            offsets = await self._publish_shards(by_shard)
            if any(offset <= cursors[shard] for shard, offset in offsets.items()):
                await self._rewind(connection)
                return len(events)
            await connection.execute(
                "update relay set position = done.position, broker_offset = done.broker_offset"
                " from unnest($1::integer[], $2::bigint[], $3::bigint[]) as done (shard, position, broker_offset)"
                " where relay.shard = done.shard",
                list(by_shard),
                [group[-1].position for group in by_shard.values()],
                [offsets[shard] for shard in by_shard],
            )
        self.published_total += len(events)
        return len(events)

    async def _publish_shards(self, by_shard: dict[int, list[Recorded]]) -> dict[int, int]:
        async with asyncio.TaskGroup() as tasks:
            publishing = {
                shard: tasks.create_task(self._topic.publish(shard, events))
                for shard, events in by_shard.items()
            }
        return {shard: task.result() for shard, task in publishing.items()}

    async def _watch_forever(self) -> None:
        """Notice that the broker lost the topic while nothing is being published."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                await self.check_broker()
            except Exception as error:  # noqa: BLE001 - the next look may succeed; readiness shows `failing`
                self.failing = _in_words(error)
                logger.warning("relay_watch_failing", source=self._log.source, error=self.failing)

    async def check_broker(self) -> bool:
        """Compare the broker's ends with what was published; rewinds and returns True when data is gone."""
        async with self._log.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch("select shard, broker_offset from relay order by shard for update")
            ends = await self._topic.end_offsets()
            lost = any(ends.get(row["shard"], 0) <= row["broker_offset"] for row in rows)
            if lost:
                await self._rewind(connection)
        if lost:
            self.wake()
        return lost

    async def rebuild_topic(self) -> None:
        """Publish the whole log again, as after the loss of the broker."""
        async with self._log.pool.acquire() as connection, connection.transaction():
            await self._rewind(connection)
        self.wake()

    async def _rewind(self, connection: "Connection") -> None:
        logger.warning(
            "topic_rebuilding", source=self._log.source, reason="the broker has less than was published"
        )
        await connection.execute("update relay set position = 0, broker_offset = -1")


def _in_words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
