"""What a broker that redelivers does: old records of the topics come again, in any order."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from random import Random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from libs.eventlog.kafka import topic_of
from services.operations.domain.topology import SERVICES

KEPT = 400
AT_ONCE = 60
_PATIENCE_SECONDS = 20.0


@dataclass
class Redeliverer:
    """Sends again what it has seen on the services' topics. A broker that is down loses it nothing but the turn."""

    kafka: str
    seen: deque[tuple[str, int, bytes, list[tuple[str, bytes]]]] = field(
        default_factory=lambda: deque(maxlen=KEPT)
    )
    redelivered: int = 0

    async def redeliver(self, rng: Random) -> int:
        """Reads what is there and sends some of it once more, shuffled; returns how many records."""
        try:
            return await asyncio.wait_for(self._redeliver(rng), _PATIENCE_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            return 0

    async def _redeliver(self, rng: Random) -> int:
        topics = [topic_of(service.name) for service in SERVICES]
        consumer = AIOKafkaConsumer(
            *topics, bootstrap_servers=self.kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            batches = await consumer.getmany(timeout_ms=1_000, max_records=KEPT)
        finally:
            await consumer.stop()
        for lane, records in batches.items():
            self.seen += [(lane.topic, lane.partition, one.value, list(one.headers)) for one in records]
        chosen = rng.sample(list(self.seen), min(AT_ONCE, len(self.seen)))
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all")
        await producer.start()
        try:
            for topic, partition, value, headers in chosen:
                await producer.send_and_wait(topic, value, partition=partition, headers=headers)
        finally:
            await producer.stop()
        self.redelivered += len(chosen)
        return len(chosen)
