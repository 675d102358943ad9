"""From Kafka to the kernel's consumer, through FastStream.

FastStream's ways that matter here: it flattens the partitions of a batch, logs and swallows what a handler raises,
and acknowledges per message. So lanes are grouped by the kernel, faults are retried here, offsets are committed once
a second (they only save re-reading: the checkpoint is the truth), and nothing is decoded before the kernel asks.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

import structlog
from aiokafka import ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from libs.eventlog import Consumer, Recorded
from libs.eventlog.checkpoint import Lane
from libs.eventlog.consumer import Held
from libs.eventlog.envelope import EnvelopeUnreadable
from libs.eventlog.errors import NewerThanThisCode, TooManyParked, is_operational
from libs.eventlog.kafka import topic_of
from libs.runtime.assigned import Assigned
from libs.runtime.raw_batches import OnRebalance, Records, next_records, raw_records, recorded_of, undecoded
from libs.runtime.resting import LEAST_REST_SECONDS, UNHURRIED_REST_SECONDS, resting_seconds
from libs.runtime.settings import ServiceSettings
from libs.runtime.tails import Tails

logger = structlog.get_logger(__name__)

# The embedded broker spends a millisecond on each fetch that finds nothing: half of what an idle platform costs.
UNHURRIED_FETCH_WAITS = 3
LONGEST_PAUSE_SECONDS = 5.0
# After the broker was lost its topics come back: seen within seconds, not within aiokafka's five minutes.
METADATA_MAX_AGE_MS = 5_000


class StoppedWhileFailing(Exception):
    """The service stops while a batch keeps failing: the batch comes again after the start."""


class Inbound:
    """Feeds one service's consumer from its sources' topics, and from their logs when the broker is silent."""

    def __init__(
        self,
        settings: ServiceSettings,
        service: str,
        sources: Iterable[str],
        consumer: Consumer,
        *,
        unhurried: bool = False,
    ) -> None:
        self._settings = settings
        self._sources = sorted(sources)
        self._consumer = consumer
        self._least_rest_seconds = UNHURRIED_REST_SECONDS if unhurried else LEAST_REST_SECONDS
        self._one_at_a_time = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._reset_due = False
        self._batch_failing: str | None = None
        self._held: dict[Lane, Held] = {}
        self._assigned = Assigned(lambda: self._subscriber.consumer)
        self.tails = Tails(
            consumer,
            self._sources,
            self._held,
            shards_of=self._assigned.shards_of,
            turn=self._turn,
            every_seconds=settings.tail_check_seconds,
        )
        self.broker = KafkaBroker(
            settings.kafka,
            logger=None,
            # Nothing is injected into our one handler; looking for it costs a thread switch per batch.
            apply_types=False,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            # It would create them with one partition; ours are created with one per shard.
            allow_auto_create_topics=False,
        )
        self._subscriber = self.broker.subscriber(
            *(topic_of(source) for source in self._sources),
            batch=True,
            group_id=f"huiji.{service}",
            group_instance_id=settings.instance,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=settings.batch_size,
            fetch_max_wait_ms=settings.fetch_max_wait_ms * (UNHURRIED_FETCH_WAITS if unhurried else 1),
            max_partition_fetch_bytes=4 * 1024 * 1024,
            # Co-partitioning: whoever owns shard s of one topic owns it in all, so states can stay in memory.
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=OnRebalance(self._rebalanced),
            parser=undecoded,
            decoder=raw_records,
            no_reply=True,
        )
        # FastStream has no setting for it; tests/unit/runtime/test_inbound.py holds the name against its own.
        self._subscriber.get_msg = partial(next_records, most=settings.batch_size)  # type: ignore[method-assign]
        self._subscriber(self._on_batch)

    @property
    def joined(self) -> bool:
        """True once the consumer group has given this process its partitions, be they none."""
        return self._assigned.joined

    @property
    def failing(self) -> str | None:
        """Why events are not processed now; None when all is well, but for lanes that are `held`."""
        reasons = [reason for reason in (self._batch_failing, self._assigned.thrown_out()) if reason]
        return "; ".join([*reasons, *self.tails.failing]) or None

    @property
    def held(self) -> dict[Lane, str]:
        """Lanes that wait for their source or an upgrade, and why; the others go on, so this is not `failing`."""
        return {lane: str(error) for lane, error in self._held.items()}

    @property
    def newer(self) -> list[str]:
        """What only an upgrade of this process can read: each says which event holds which lane."""
        return sorted(str(error) for error in self._held.values() if isinstance(error, NewerThanThisCode))

    def lag(self) -> dict[Lane, int]:
        """Events of the assigned lanes that the brokers have and this process has not fetched."""
        return self._assigned.lag()

    async def start(self) -> None:
        """Join the consumer group."""
        await self.broker.start()

    async def stop(self) -> None:
        """Finish the batch under way, or give it up when it keeps failing; commit offsets and leave the group."""
        self._stopping.set()
        try:
            async with asyncio.timeout(self._settings.stop_seconds), self._one_at_a_time:
                await self._assigned.commit_offsets(force=True)
        except TimeoutError:
            # A database that hangs, say. What the batch did is rolled back, and it comes again after the start.
            logger.warning("batch_given_up", seconds=self._settings.stop_seconds)
        try:
            async with asyncio.timeout(self._settings.stop_seconds):
                await self.broker.stop()
        except (TimeoutError, KafkaError) as error:
            logger.warning("group_not_left", error=type(error).__name__)

    async def _rebalanced(self, partitions: set[TopicPartition]) -> None:
        # Nothing is awaited here: a batch that keeps failing must not keep this process from the group's protocol.
        self._assigned.give(partitions)
        self._reset_due = True
        self._held.clear()
        logger.info("partitions_assigned", count=len(partitions))

    async def _on_batch(self, records: Records) -> None:
        if len(records) >= self._settings.batch_size:
            await self._process_batch(records)
            return
        # A fetch answers with the first that comes, and aiokafka sends no other before that is taken: asked meanwhile,
        # the next batch would be what came first in this rest, and what came after it would wait for another.
        resting = self._assigned.stop_fetching()
        began = monotonic()
        try:
            await self._process_batch(records)
            if not self._stopping.is_set():
                took = monotonic() - began
                await asyncio.sleep(resting_seconds(took, len(records), self._least_rest_seconds))
        finally:
            self._assigned.fetch_again(resting)

    async def _process_batch(self, records: Records) -> None:
        events = self._readable(records)
        async with self._one_at_a_time:
            if self._stopping.is_set():
                return
            held = await self._process_until_done(events)
            for event in events:
                self._held.pop((event.source, event.shard), None)
            self._held |= held
            self._assigned.processed(records, held)
        await self._assigned.commit_offsets()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The consumer, while nobody else uses it, and with what the last rebalance left of its memory."""
        async with self._one_at_a_time:
            await self._reset_if_due()
            yield

    def _readable(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> list[Recorded]:
        """What is not one of our events is passed over: if it hides one, the gap is filled from the source."""
        events = []
        for record in records:
            try:
                events.append(recorded_of(record))
            except EnvelopeUnreadable as error:
                logger.warning(
                    "record_unreadable", topic=record.topic, offset=record.offset, error=str(error)
                )
        return events

    async def _process_until_done(self, events: list[Recorded]) -> dict[Lane, Held]:
        """Try until the batch is processed: it must not be lost, and trying again changes nothing twice.

        Raises StoppedWhileFailing.
        """
        failures = 0
        while True:
            try:
                await self._reset_if_due()
                held = await self._consumer.process(events)
            except Exception as error:
                failures += 1
                self._batch_failing = f"{type(error).__name__}: {error}"
                expected = is_operational(error) or isinstance(error, TooManyParked)
                logger.log(
                    30 if expected else 40,
                    "consumer_failing",
                    error=self._batch_failing,
                    exc_info=not expected,
                )
                await self._pause(min(0.05 * 2**failures, LONGEST_PAUSE_SECONDS))
                continue
            self._batch_failing = None
            return held

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise StoppedWhileFailing

    async def _reset_if_due(self) -> None:
        if self._reset_due:
            self._reset_due = False
            try:
                await self._consumer.reset()
            except BaseException:
                self._reset_due = True
                raise
