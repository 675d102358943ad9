"""Kafka at the edge of the kernel: a service's topic to publish to, with one partition per shard."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Literal

import aiokafka.admin.client
import aiokafka.client
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import TopicPartition

from libs.eventlog.envelope import to_headers
from libs.eventlog.errors import EventLogError
from libs.eventlog.event import Recorded
from libs.eventlog.topic import Placed, TopicLost

BATCH_BYTES = 256 * 1024
"""One round trip per batch: larger means fewer of them; brokers refuse above 1 MiB by default."""
Compression = Literal["snappy", "none"]
"""Of record batches. Snappy: a third of the bytes for 1 µs an event, and every event is fetched two or three times, so
the broker works a third less (lz4 and zstd save more bytes and cost three times the time of whoever publishes)."""


class _MetadataRequest(MetadataRequest):  # type: ignore[misc]  # aiokafka has no types
    """Asking about a topic must not create it: a broker would give it its own default number of partitions.

    aiokafka always allows that and has no setting; the embedded broker and Kafka's defaults make use of it.
    """

    def __init__(self, topics: list[str] | None = None, allow_auto_topic_creation: bool = False) -> None:
        super().__init__(topics, allow_auto_topic_creation)


aiokafka.client.MetadataRequest = _MetadataRequest
aiokafka.admin.client.MetadataRequest = _MetadataRequest


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


def source_of(topic: str) -> str:
    """The service whose log a topic carries."""
    return topic.removeprefix("huiji.").removesuffix(".events")


async def ensure_topics(
    bootstrap: str, topics: dict[str, int], *, replication: int = 1, kept_for_good: bool = False
) -> set[str]:
    """Create the topics (name → partitions) that do not exist; returns those it created. `kept_for_good`: those are
    kept whole, where a broker's default is to forget after a week.

    Raises TopicUnavailable, and PartitionsDiffer when one exists with another number of partitions.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        # Inside: a start that fails half way leaves connections behind.
        await admin.start()
        missing = set(topics) - await _existing(admin, topics)
        if not missing:
            return set()
        configs = {"retention.ms": "-1"} if kept_for_good else None
        response = await admin.create_topics(
            [NewTopic(name, topics[name], replication, topic_configs=configs) for name in sorted(missing)]
        )
        refused = {topic: for_code(code) for topic, code, *_ in response.topic_errors if code}
        for topic, error in refused.items():
            if not issubclass(error, TopicAlreadyExistsError):
                raise TopicUnavailable(f"{topic}: {error.__name__}")
        if refused:
            await _existing(admin, topics)
        return missing - set(refused)
    finally:
        await admin.close()


async def _existing(admin: AIOKafkaAdminClient, topics: dict[str, int]) -> set[str]:
    described = {
        topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(list(topics))
    }
    for name, partitions in described.items():
        if partitions not in (0, topics[name]):
            raise PartitionsDiffer(name, partitions, topics[name])
    return {name for name, partitions in described.items() if partitions}


def _fill_batch(
    producer: AIOKafkaProducer, events: Sequence[Recorded], key_of: Callable[[Recorded], bytes]
) -> tuple[BatchBuilder, int]:
    """A record batch of as many of the events as fit, from the first on, and how many those are.

    Sent one by one each record costs its sender a future and a turn of the loop. Raises TopicUnavailable.
    """
    batch = producer.create_batch()
    taken = 0
    for event in events:
        added = batch.append(
            timestamp=int(event.recorded_at.timestamp() * 1000),
            key=key_of(event),
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


async def send_in_batches(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    events: Sequence[Recorded],
    key_of: Callable[[Recorded], bytes],
    longest_seconds: float,
) -> Placed:
    """Send the events in as few record batches as fit, one after the other; where the first and the last begin.

    `longest_seconds` is for each batch. Raises TopicLost, TopicUnavailable or TimeoutError.
    """
    assert events, "there is something to send"
    placed: Placed | None = None
    sent = next_offset = 0
    while sent < len(events):
        batch, taken = _fill_batch(producer, events[sent:], key_of)
        async with asyncio.timeout(longest_seconds):
            record = await (await producer.send_batch(batch, topic, partition=partition))
        if record.offset < next_offset:
            raise TopicLost(f"{topic} partition {partition}: offset {record.offset}, not {next_offset}")
        placed = Placed(record.offset if placed is None else placed.first, record.offset)
        next_offset = record.offset + taken
        sent += taken
    assert placed is not None
    return placed


class KafkaTopic:
    """A service's topic on a broker. Implements `libs.eventlog.relay.Topic`."""

    def __init__(
        self,
        bootstrap: str,
        source: str,
        shards: int,
        *,
        replication: int = 1,
        compression: Compression = "snappy",
        request_timeout_ms: int = 10_000,
    ) -> None:
        self._bootstrap = bootstrap
        self._compression = None if compression == "none" else compression
        self._shards = shards
        self._replication = replication
        self._request_timeout_ms = request_timeout_ms
        self._request_timeout_seconds = request_timeout_ms / 1000
        self._connected = AsyncExitStack()
        self.name = topic_of(source)

    async def start(self) -> None:
        """Connect, and create the topic when the broker does not have it."""
        await self._ensure()
        # Without idempotence: the embedded broker knows none, and consumers skip by position what comes twice.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            linger_ms=0,
            request_timeout_ms=self._request_timeout_ms,
            max_batch_size=BATCH_BYTES,
            compression_type=self._compression,
        )
        self._connected.push_async_callback(self._producer.stop)
        self._offsets = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, request_timeout_ms=self._request_timeout_ms
        )
        self._connected.push_async_callback(self._offsets.stop)
        await self._producer.start()
        await self._offsets.start()

    async def stop(self) -> None:
        """Send what is buffered and disconnect; also after a start that failed half way."""
        await self._connected.aclose()

    async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
        """Send the events in as few record batches as fit, one after the other. Raises TopicLost."""
        # The producer would wait for its metadata without end.
        longest_seconds = self._request_timeout_seconds * 2
        return await send_in_batches(
            self._producer, self.name, shard, events, lambda event: event.subject.encode(), longest_seconds
        )

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition; a topic that was gone is created again and has none."""
        if await self._ensure():
            return {}
        partitions = [TopicPartition(self.name, shard) for shard in range(self._shards)]
        async with asyncio.timeout(self._request_timeout_seconds):
            ends = await self._offsets.end_offsets(partitions)
        return {partition.partition: offset for partition, offset in ends.items()}

    async def _ensure(self) -> set[str]:
        async with asyncio.timeout(self._request_timeout_seconds):
            return await ensure_topics(
                self._bootstrap, {self.name: self._shards}, replication=self._replication
            )
