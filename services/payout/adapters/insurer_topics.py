"""Insurers' topics: one each, `huiji.insurer.<id>`, with one partition, so that its order is the stream's.

One topic for all would let every insurer read the others' claims: a broker's rights are by topic.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from libs.eventlog import Recorded
from libs.eventlog.kafka import BATCH_BYTES, ensure_topics, send_in_batches

REQUEST_SECONDS = 20.0

Client = TypeVar("Client", AIOKafkaProducer, AIOKafkaConsumer)


def insurer_topic_of(insurer: str) -> str:
    """The topic that carries an insurer's stream."""
    return f"huiji.insurer.{insurer}"


class KafkaInsurerTopics:
    """Implements `InsurerTopics`. Connects with the first event there is: a city without a pool needs no connection."""

    def __init__(self, bootstrap: str, replication: int) -> None:
        self._bootstrap = bootstrap
        self._replication = replication
        self._known: set[str] = set()
        self._producer: AIOKafkaProducer | None = None
        self._offsets: AIOKafkaConsumer | None = None

    async def stop(self) -> None:
        """Disconnect."""
        for client in (self._producer, self._offsets):
            if client is not None:
                await client.stop()

    async def publish(self, insurer: str, events: Sequence[Recorded]) -> tuple[int, int]:
        """Send all and wait until the broker has them; the offsets at which the first and the last batch begin.

        Not the last event's: the embedded broker tells as the end of a topic the begin of its last batch plus one.
        """
        topic = insurer_topic_of(insurer)
        async with asyncio.timeout(REQUEST_SECONDS):
            await self._ensure(topic)
            producer = await self._connected_producer()
            placed = await send_in_batches(
                producer, topic, 0, events, lambda _: insurer.encode(), REQUEST_SECONDS
            )
        return placed.first, placed.last_batch

    async def end_offsets(self, insurers: Sequence[str]) -> dict[str, int]:
        """The next offset of each insurer's topic; one that is not there is made."""
        topics = {TopicPartition(insurer_topic_of(insurer), 0): insurer for insurer in insurers}
        async with asyncio.timeout(REQUEST_SECONDS):
            await self._make({place.topic for place in topics})
            if self._offsets is None:
                self._offsets = await _started(AIOKafkaConsumer(bootstrap_servers=self._bootstrap))
            ends = await self._offsets.end_offsets(list(topics))
        return {insurer: ends[place] for place, insurer in topics.items()}

    async def _ensure(self, topic: str) -> None:
        if topic not in self._known:
            await self._make({topic})
            self._known.add(topic)

    async def _make(self, topics: set[str]) -> None:
        """Whole, for an insurer that begins to read late has no other source."""
        await ensure_topics(
            self._bootstrap, dict.fromkeys(topics, 1), replication=self._replication, kept_for_good=True
        )

    async def _connected_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            # Without idempotence: the embedded broker knows none, and `sequence` tells repetitions.
            self._producer = await _started(
                AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap, acks="all", linger_ms=0, max_batch_size=BATCH_BYTES
                )
            )
        return self._producer


async def _started(client: Client) -> Client:
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
    return client
