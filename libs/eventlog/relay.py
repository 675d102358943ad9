"""The relay publishes each shard of a log, in order, to the same partition of the service's topic.

Its session holds a shard's advisory lock while it publishes, so several relays share the shards and none publishes one
twice at a time; a round is two statements and no transaction. What a crash makes it publish again, consumers skip by
position: no idempotent producer is needed.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from libs.eventlog import cursors
from libs.eventlog.cancelling import heed_cancellation
from libs.eventlog.cursors import Cursor
from libs.eventlog.event import Recorded
from libs.eventlog.handed_over import HandedOver
from libs.eventlog.listening import listen_for_appends
from libs.eventlog.log import EventLog
from libs.eventlog.topic import Placed, Topic, TopicLost

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

EVENTS_PER_ROUND = 50_000
"""Bounds the memory of one round in a deployment of hundreds of shards."""


class Relay:
    """Publishes what is recorded and not published yet: woken at once, and polling as the net.

    `window` bounds the events of one round per shard; `poll_seconds` the wait when nobody wakes it; after a round it
    rests for `rest_seconds`, so that what several small transactions append leaves together. Of topics that the broker
    has lost it publishes the last `rebuilt_events` of each shard again (None: all): what was before, consumers read in
    the log.
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
        rebuilt_events: int | None = None,
    ) -> None:
        self._log = log
        self._topic = topic
        self._window = max(1, min(window, EVENTS_PER_ROUND // log.shards))
        self._poll_seconds = poll_seconds
        self._watch_seconds = watch_seconds
        self._retry_seconds = retry_seconds
        self._rest_seconds = rest_seconds
        self._rebuilt_events = rebuilt_events
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
            tasks.create_task(listen_for_appends(self._log, self.wake, retry_seconds=self._retry_seconds))

    async def _publish_forever(self) -> None:
        while True:
            heed_cancellation()
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
            heed_cancellation()
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
                held = await cursors.take(connection, self._log.source)
                if not held:
                    return 0
                by_shard = await self._due(connection, held)
                outcomes = await asyncio.gather(
                    *(self._topic.publish(shard, group) for shard, group in by_shard.items()),
                    return_exceptions=True,
                )
                published, failed = await self._settle(
                    connection, held, by_shard, dict(zip(by_shard, outcomes, strict=True))
                )
            except BaseException:
                await cursors.let_go(connection)
                raise
        self.published_total += published
        if failed is not None:
            raise failed
        if any(events[-1].position < held[shard].head for shard, events in by_shard.items()):
            self.wake()
        return sum(map(len, by_shard.values()))

    async def _due(self, connection: "Connection", held: dict[int, Cursor]) -> dict[int, list[Recorded]]:
        """The next window of each shard: as this process appended it, or read from the log."""
        due = {
            shard: self._handed_over.following(shard, cursor.position, cursor.head, self._window)
            for shard, cursor in held.items()
        }
        unknown = {shard: held[shard].position for shard, events in due.items() if not events}
        if unknown:
            for event in await cursors.unpublished(connection, self._log.source, unknown, self._window):
                due[event.shard].append(event)
        return {shard: events for shard, events in due.items() if events}

    async def _settle(
        self,
        connection: "Connection",
        held: dict[int, Cursor],
        by_shard: dict[int, list[Recorded]],
        outcomes: dict[int, Placed | BaseException],
    ) -> tuple[int, BaseException | None]:
        """Move the cursors of what was published, rewind those whose topic is gone, and let all go.

        Returns how many events were published, and the first other failure.
        """
        done = {
            shard: (by_shard[shard][-1].position, placed)
            for shard, placed in outcomes.items()
            if isinstance(placed, Placed) and placed.first > held[shard].broker_offset
        }
        failures = {
            shard: outcome
            for shard, outcome in outcomes.items()
            if isinstance(outcome, BaseException) and not isinstance(outcome, TopicLost)
        }
        lost = {
            shard: held[shard].broker_offset
            for shard in outcomes
            if shard not in done and shard not in failures
        }
        if lost:
            await cursors.rewind(connection, self._log.source, lost, self._rebuilt_events)
            self.wake()
        await cursors.advance(connection, self._log.source, held, done)
        return sum(len(by_shard[shard]) for shard in done), next(iter(failures.values()), None)

    async def _watch_forever(self) -> None:
        """Notice that the broker lost the topic while nothing is being published."""
        while True:
            heed_cancellation()
            await asyncio.sleep(self._watch_seconds)
            try:
                await self.check_broker()
            except Exception as error:  # noqa: BLE001 - the next look may succeed; readiness shows `failing`
                self._note("watch", error)
            else:
                self._failing.pop("watch", None)

    async def check_broker(self) -> bool:
        """Compare the broker's ends with what was published; rewinds and returns True when data is gone.

        The cursors are read first and the ends after: ends only grow unless data is lost, so no lock is needed
        while the broker is asked, and a broker that hangs holds nobody up.
        """
        async with self._log.pool.acquire() as connection:
            published = await cursors.published_ends(connection)
        ends = await self._topic.end_offsets()
        lost = {shard: offset for shard, offset in published.items() if ends.get(shard, 0) <= offset}
        if not lost:
            return False
        async with self._log.pool.acquire() as connection:
            await cursors.rewind(connection, self._log.source, lost, self._rebuilt_events)
        self.wake()
        return True

    async def rebuild_topic(self) -> None:
        """Publish the whole log again, as after the loss of the broker."""
        async with self._log.pool.acquire() as connection:
            await cursors.rewind_all(connection)
        self.wake()

    def _note(self, part: str, error: BaseException) -> None:
        self._failing[part] = f"{type(error).__name__}: {error}"
        logger.warning("relay_failing", source=self._log.source, part=part, error=self._failing[part])
