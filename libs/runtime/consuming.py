"""From Kafka to the kernel's consumer, through FastStream.

FastStream's ways that matter here: it flattens the partitions of a batch, logs and swallows what a handler raises,
and acknowledges per message. So lanes are grouped by the kernel, faults are retried here, offsets are committed once
a second (they only save re-reading: the checkpoint is the truth), and nothing is decoded before the kernel asks.
"""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from libs.eventlog import Consumer, Recorded, SourceUnreachable
from libs.eventlog.checkpoint import Lane
from libs.eventlog.envelope import from_headers
from libs.eventlog.errors import TooManyParked, is_operational
from libs.eventlog.kafka import topic_of
from libs.runtime.settings import ServiceSettings

logger = structlog.get_logger(__name__)

OFFSET_COMMIT_SECONDS = 1.0
HELD_LANE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0


class Inbound:
    """Feeds one service's consumer from its sources' topics, and from their logs when the broker is silent."""

    def __init__(
        self, settings: ServiceSettings, service: str, sources: Iterable[str], consumer: Consumer
    ) -> None:
        self._settings = settings
        self._sources = sorted(sources)
        self._consumer = consumer
        self._one_at_a_time = asyncio.Lock()
        self._committed_at = 0.0
        self._assigned: set[TopicPartition] = set()
        self._fetched: dict[TopicPartition, int] = {}
        self._joined = False
        self.failing: str | None = None
        self.broker = KafkaBroker(settings.kafka, logger=None)
        self._subscriber = self.broker.subscriber(
            *(topic_of(source) for source in self._sources),
            batch=True,
            group_id=f"huiji.{service}",
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=settings.batch_size,
            batch_timeout_ms=5,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            # Co-partitioning: whoever owns shard s of one topic owns it in all, so states can stay in memory.
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=_OnRebalance(self._rebalanced),
            parser=_undecoded,
            decoder=_nothing,
            no_reply=True,
        )
        self._subscriber(self._on_batch)

    @property
    def joined(self) -> bool:
        """True once the consumer group has given this process its partitions, be they none."""
        return self._joined

    def lag(self) -> dict[Lane, int]:
        """Events of the assigned lanes that the brokers have and this process has not fetched."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return {}
        lag: dict[Lane, int] = {}
        for partition in self._assigned & consumer.assignment():
            end = consumer.highwater(partition)
            if end is None:
                continue
            source = partition.topic.removeprefix("huiji.").removesuffix(".events")
            lag[source, partition.partition] = max(0, end - self._fetched.get(partition, end))
        return lag

    async def start(self) -> None:
        """Join the consumer group."""
        await self.broker.start()

    async def stop(self) -> None:
        """Finish the batch under way, commit offsets and leave the group."""
        async with self._one_at_a_time:
            await self._commit_offsets(force=True)
        await self.broker.stop()

    async def _rebalanced(self, partitions: set[TopicPartition]) -> None:
        async with self._one_at_a_time:
            await self._consumer.reset()
        self._assigned, self._joined = partitions, True
        logger.info("partitions_assigned", count=len(partitions))

    async def _on_batch(self, message: KafkaMessage) -> None:
        records: tuple[ConsumerRecord[bytes, bytes], ...] = message.raw_message
        events = [_recorded(record) for record in records]
        async with self._one_at_a_time:
            held = await self._process_until_done(events)
            self._fetched |= {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
            self._hold(held, records)
            await self._commit_offsets()

    async def _process_until_done(self, events: list[Recorded]) -> dict[Lane, SourceUnreachable]:
        """Try until the batch is processed: it must not be lost, and trying again changes nothing twice."""
        failures = 0
        while True:
            try:
                held = await self._consumer.process(events)
            except Exception as error:
                failures += 1
                self.failing = f"{type(error).__name__}: {error}"
                expected = is_operational(error) or isinstance(error, TooManyParked)
                logger.log(
                    30 if expected else 40, "consumer_failing", error=self.failing, exc_info=not expected
                )
                await asyncio.sleep(min(0.05 * 2**failures, LONGEST_PAUSE_SECONDS))
                continue
            self.failing = None if not held else "; ".join(sorted({str(error) for error in held.values()}))
            return held

    def _hold(
        self, held: dict[Lane, SourceUnreachable], records: tuple[ConsumerRecord[bytes, bytes], ...]
    ) -> None:
        """Pause lanes whose gap cannot be filled yet and deliver their records again later; the others go on."""
        consumer = self._kafka_consumer
        for source, shard in held:
            partition = TopicPartition(topic_of(source), shard)
            first = min(r.offset for r in records if (r.topic, r.partition) == (partition.topic, shard))
            consumer.seek(partition, first)
            consumer.pause(partition)
            asyncio.get_running_loop().call_later(HELD_LANE_SECONDS, self._resume, partition)

    def _resume(self, partition: TopicPartition) -> None:
        consumer = self._subscriber.consumer
        if consumer is not None and partition in consumer.assignment():
            consumer.resume(partition)

    async def _commit_offsets(self, *, force: bool = False) -> None:
        if not force and monotonic() - self._committed_at < OFFSET_COMMIT_SECONDS:
            return
        self._committed_at = monotonic()
        try:
            if self._subscriber.consumer is not None:
                await self._subscriber.consumer.commit()
        except KafkaError as error:
            logger.info("offsets_not_committed", error=type(error).__name__)

    @property
    def _kafka_consumer(self) -> AIOKafkaConsumer:
        assert self._subscriber.consumer is not None, "a batch came from a consumer that is not there"
        return self._subscriber.consumer

    async def check_tails(self) -> None:
        """Until cancelled: when a lane stands still though its source has more, read the source's own log."""
        before: dict[Lane, int] = {}
        while True:
            await asyncio.sleep(self._settings.tail_check_seconds)
            still = {
                lane for lane, position in self._consumer.positions.items() if before.get(lane) == position
            }
            before = self._consumer.positions
            for source in self._sources:
                topic = topic_of(source)
                mine = {partition.partition for partition in self._assigned if partition.topic == topic}
                shards = sorted(shard for shard in mine if (source, shard) in still)
                if shards:
                    await self._check_tail(source, shards)

    async def _check_tail(self, source: str, shards: list[int]) -> None:
        try:
            async with self._one_at_a_time:
                found = await self._consumer.catch_up(source, shards)
        except Exception as error:
            if not (is_operational(error) or isinstance(error, TooManyParked)):
                raise
            logger.info("tail_not_checked", source=source, error=type(error).__name__)
        else:
            if found:
                logger.info("tail_read_from_source", source=source, events=found)


class _OnRebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, assigned: Callable[[set[TopicPartition]], Any]) -> None:
        self._assigned = assigned

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to do: a batch under way is fenced by its checkpoint rows."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._assigned(set(assigned))


def _recorded(record: ConsumerRecord[bytes, bytes]) -> Recorded:
    return from_headers(record.partition, record.headers, record.value or b"")


async def _undecoded(records: tuple[ConsumerRecord[bytes, bytes], ...]) -> KafkaMessage:
    """A message around the raw batch; FastStream's own parser would decode every header of every record."""
    return KafkaMessage(raw_message=records, body=b"", consumer=_NO_CONSUMER)


async def _nothing(_: KafkaMessage) -> None:
    return None


class _NoConsumer:
    """We commit offsets ourselves."""

    async def commit(self) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...


_NO_CONSUMER = _NoConsumer()
