"""Reading a whole topic, as anybody with access to the broker could."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def topics_of(bootstrap: str) -> list[str]:
    """The names of all topics of a broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return sorted(await admin.list_topics())
    finally:
        await admin.close()


async def read_topic(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, from its start to its present end; none when there is no such topic."""
    partitions = await _partitions(bootstrap, topic)
    if not partitions:
        return []
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        missing = {partition: ends[partition] - starts[partition] for partition in partitions}
        found: list[Any] = []
        while any(count > 0 for count in missing.values()):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                missing[partition] -= len(records)
                found += records
        return found
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topic: str) -> list[TopicPartition]:
    if topic not in await topics_of(bootstrap):
        return []
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return sorted(TopicPartition(topic, one["partition"]) for one in described["partitions"])
