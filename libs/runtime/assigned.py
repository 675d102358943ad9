"""The partitions that the consumer group has given this process: what is fetched of them, and what is told to Kafka."""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from libs.eventlog.checkpoint import Lane
from libs.eventlog.kafka import source_of, topic_of
from libs.runtime.raw_batches import Records

logger = structlog.get_logger(__name__)

OFFSET_COMMIT_SECONDS = 1.0
OFFSET_COMMIT_TIMEOUT_SECONDS = 2.0
HELD_LANE_SECONDS = 1.0


class Assigned:
    """Steers aiokafka's consumer; `find_consumer` gives it, or None before the start and after the end."""

    def __init__(self, find_consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        self._find_consumer = find_consumer
        self._partitions: set[TopicPartition] = set()
        self._fetched: dict[TopicPartition, int] = {}
        self._waiting: set[TopicPartition] = set()
        self._committed_at = 0.0
        #: The group has given this process its partitions, be they none.
        self.joined = False

    def give(self, partitions: set[TopicPartition]) -> None:
        """A rebalance has given us these, and no others."""
        self._partitions, self.joined = partitions, True
        self._fetched = {partition: at for partition, at in self._fetched.items() if partition in partitions}

    def shards_of(self, source: str) -> set[int]:
        """The shards of a source's topic that are ours."""
        topic = topic_of(source)
        return {partition.partition for partition in self._partitions if partition.topic == topic}

    def stop_fetching(self) -> set[TopicPartition]:
        """Fetch nothing from now on; returns what was fetched from until now."""
        consumer = self._find_consumer()
        if consumer is None:
            return set()
        fetched: set[TopicPartition] = consumer.assignment() - consumer.paused()
        consumer.pause(*fetched)
        return fetched

    def fetch_again(self, partitions: set[TopicPartition]) -> None:
        """All but those that wait for their gap to be filled, and those that a rebalance gave to another process."""
        consumer = self._find_consumer()
        if consumer is not None:
            consumer.resume(*(partitions & consumer.assignment()) - self._waiting)

    def processed(self, records: Records, held: Iterable[Lane]) -> None:
        """These records are done, but for those of held lanes: they are delivered again later, the others go on."""
        kept_back = {TopicPartition(topic_of(source), shard) for source, shard in held}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            if partition not in kept_back:
                self._fetched[partition] = record.offset + 1
        consumer = self._find_consumer()
        for partition in kept_back:
            # After a rebalance the lane is another process's, or comes again from its committed offset.
            if consumer is None or partition not in consumer.assignment():
                continue
            first = min(r.offset for r in records if (r.topic, r.partition) == partition)
            consumer.seek(partition, first)
            consumer.pause(partition)
            self._waiting.add(partition)
            asyncio.get_running_loop().call_later(HELD_LANE_SECONDS, self._resume, partition)

    def _resume(self, partition: TopicPartition) -> None:
        self._waiting.discard(partition)
        consumer = self._find_consumer()
        if consumer is not None and partition in consumer.assignment():
            consumer.resume(partition)

    async def commit_offsets(self, *, force: bool = False) -> None:
        """Once a second, or now. Advisory, so neither a dead broker nor a rebalance may hold anything up for it."""
        if not force and monotonic() - self._committed_at < OFFSET_COMMIT_SECONDS:
            return
        self._committed_at = monotonic()
        consumer = self._find_consumer()
        if consumer is None:
            return
        done = {
            partition: at for partition, at in self._fetched.items() if partition in consumer.assignment()
        }
        try:
            if done:
                async with asyncio.timeout(OFFSET_COMMIT_TIMEOUT_SECONDS):
                    await consumer.commit(done)
        except (KafkaError, TimeoutError) as error:
            logger.info("offsets_not_committed", error=type(error).__name__)

    def lag(self) -> dict[Lane, int]:
        """Events of our lanes that the brokers have and this process has not fetched."""
        consumer = self._find_consumer()
        if consumer is None:
            return {}
        lag: dict[Lane, int] = {}
        for partition in self._partitions & consumer.assignment():
            end = consumer.highwater(partition)
            if end is None:
                continue
            lag[source_of(partition.topic), partition.partition] = max(
                0, end - self._fetched.get(partition, end)
            )
        return lag

    def thrown_out(self) -> str | None:
        """Why the group gives this process nothing any more, though it had joined.

        aiokafka says it in no public way: its coordination ends, and every poll fails from then on. What arrives is
        read from the sources' logs meanwhile.
        """
        coordinator = getattr(self._find_consumer(), "_coordinator", None)
        routine = getattr(coordinator, "_coordination_task", None)
        if routine is None or not routine.done() or routine.cancelled() or routine.exception() is None:
            return None
        return (
            f"thrown out of the consumer group ({type(routine.exception()).__name__}): another process may have its"
            " HUIJI_INSTANCE; restart one of them under another name"
        )
