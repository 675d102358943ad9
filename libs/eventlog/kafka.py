"""Kafka at the edge of the kernel: a service's topic to publish to, with one partition per shard."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import TopicPartition

from libs.eventlog.envelope import to_headers
from libs.eventlog.errors import EventLogError
from libs.eventlog.event import Recorded


class TopicUnavailable(EventLogError):
    """The broker refused to create or describe a topic."""

    code = "topic_unavailable"


class PartitionsDiffer(EventLogError):
    """A topic exists with another number of partitions than the deployment has shards."""

    code = "partitions_differ"

    def __init__(self, topic: str, partitions: int, shards: int) -> None:
        super().__init__(f"topic {topic} has {partitions} partitions, the deployment {shards} shards")


def topic_of(source: str) -> str:
    """The topic that carries a service's log."""
    return f"huiji.{source}.events"


async def ensure_topics(bootstrap: str, topics: dict[str, int], *, replication: int = 1) -> set[str]:
    """Create the topics (name → partitions) that do not exist; returns those it created. Raises TopicUnavailable."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        missing = set(topics) - set(await admin.list_topics())
        if not missing:
            return set()
        response = await admin.create_topics(
            [NewTopic(name, topics[name], replication) for name in sorted(missing)]
        )
        refused = {topic: for_code(code) for topic, code, *_ in response.topic_errors if code}
        for topic, error in refused.items():
            if not issubclass(error, TopicAlreadyExistsError):
                raise TopicUnavailable(f"{topic}: {error.__name__}")
        return missing - set(refused)
    finally:
        await admin.close()


class KafkaTopic:
    """A service's topic on a broker. Implements `libs.eventlog.relay.Topic`."""

    def __init__(self, bootstrap: str, source: str, shards: int, *, request_timeout_ms: int = 10_000) -> None:
        self._bootstrap = bootstrap
        self._shards = shards
        self.name = topic_of(source)
        # Without idempotence: the embedded broker knows none, and consumers skip by position what comes twice.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", linger_ms=0, request_timeout_ms=request_timeout_ms
        )
        self._offsets = AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=request_timeout_ms)

    async def start(self) -> None:
        """Connect, and create the topic when the broker does not have it."""
        await ensure_topics(self._bootstrap, {self.name: self._shards})
        await self._producer.start()
        await self._offsets.start()

    async def stop(self) -> None:
        """Send what is buffered and disconnect."""
        await self._producer.stop()
        await self._offsets.stop()

    async def publish(self, shard: int, events: Sequence[Recorded]) -> int:
        """Send the events in as few record batches as fit, one after the other; returns the first offset."""
        first_offset: int | None = None
        remaining = list(events)
        while remaining:
            batch, taken = self._fill_batch(remaining)
            sent = await (await self._producer.send_batch(batch, self.name, partition=shard))
            first_offset = sent.offset if first_offset is None else first_offset
            remaining = remaining[taken:]
        assert first_offset is not None, "publish needs events"
        return first_offset

    def _fill_batch(self, events: Sequence[Recorded]) -> tuple[BatchBuilder, int]:
        batch = self._producer.create_batch()
        taken = 0
        for event in events:
            added = batch.append(
                timestamp=int(event.recorded_at.timestamp() * 1000),
                key=event.subject.encode(),
                value=event.body,
                headers=to_headers(event),
            )
            if added is None:
                break
            taken += 1
        if taken == 0:
            raise TopicUnavailable(f"event {events[0].event_id} is larger than a record batch may be")
        batch.close()
        return batch, taken

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition; a topic that was gone is created again and has none."""
        if await ensure_topics(self._bootstrap, {self.name: self._shards}):
            return {}
        partitions = [TopicPartition(self.name, shard) for shard in range(self._shards)]
        ends = await asyncio.wait_for(self._offsets.end_offsets(partitions), 10)
        return {partition.partition: offset for partition, offset in ends.items()}
