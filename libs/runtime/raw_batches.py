"""Batches go through FastStream as they came from Kafka: it neither decodes, nor acknowledges, nor seeks."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
from aiokafka.structs import TopicPartition
from faststream.kafka import KafkaMessage

from libs.eventlog import Recorded
from libs.eventlog.envelope import from_headers

Records = tuple[ConsumerRecord[bytes, bytes], ...]

LOOK_MS = 1_000
"""Nothing waits for it: aiokafka returns when something comes or the consumer stops."""


class OnRebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells which partitions a rebalance has given us."""

    def __init__(self, assigned: Callable[[set[TopicPartition]], Any]) -> None:
        self._assigned = assigned

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to do: a batch under way is fenced by its checkpoint rows."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """All that are ours now."""
        await self._assigned(set(assigned))


def recorded_of(record: ConsumerRecord[bytes, bytes]) -> Recorded:
    """The event of a Kafka record. Raises EnvelopeUnreadable."""
    return from_headers(record.partition, record.headers, record.value or b"")


async def next_records(consumer: AIOKafkaConsumer, most: int) -> Records:
    """What comes next, as soon as it comes. FastStream's own way looks every few milliseconds and rests when nothing
    came: that took an idle service a quarter of what it takes, and an event waited for the end of such a rest."""
    while True:
        if found := await consumer.getmany(timeout_ms=LOOK_MS, max_records=most):
            return tuple(chain(*found.values()))


async def undecoded(records: Records) -> KafkaMessage:
    """A message around the raw batch; FastStream's own parser would decode every header of every record."""
    return KafkaMessage(raw_message=records, body=b"", consumer=_NO_CONSUMER)


async def raw_records(message: KafkaMessage) -> Records:
    """The raw batch again: nothing is decoded before the kernel asks."""
    return message.raw_message


class _NoConsumer:
    """We commit offsets ourselves."""

    async def commit(self) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...


_NO_CONSUMER = _NoConsumer()
