"""Reading a topic as somebody would who has nothing but the topic."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from libs.eventlog import Recorded
from libs.eventlog.envelope import from_headers
from libs.testing.waiting import PATIENCE_SECONDS


async def read_topic(
    bootstrap: str, topic: str, heads: Mapping[int, int], *, seconds: float = PATIENCE_SECONDS
) -> dict[int, list[Recorded]]:
    """All records of each partition from its beginning, until every position up to `heads` was seen.

    A new consumer group each time. Raises AssertionError with what is missing after `seconds`.
    """
    found: dict[int, list[Recorded]] = {shard: [] for shard in heads}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=f"reader-{uuid4()}", auto_offset_reset="earliest",
        enable_auto_commit=False, metadata_max_age_ms=1_000,
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, shard) for shard in heads])
        deadline = asyncio.get_running_loop().time() + seconds
        while missing := _missing(found, heads):
            assert asyncio.get_running_loop().time() < deadline, f"{topic} lacks {missing}"
            try:
                batches = await consumer.getmany(timeout_ms=200)
            except KafkaError:
                continue
            for partition, records in batches.items():
                found[partition.partition] += [
                    from_headers(partition.partition, record.headers, record.value) for record in records
                ]
    finally:
        await consumer.stop()
    return found


def _missing(found: Mapping[int, list[Recorded]], heads: Mapping[int, int]) -> dict[int, int]:
    return {
        shard: len(lacking)
        for shard, head in heads.items()
        if (lacking := set(range(1, head + 1)) - {record.position for record in found[shard]})
    }
