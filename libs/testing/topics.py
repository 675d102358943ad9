"""Reading a whole topic, as anybody with access to the broker could."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def topics_of(bootstrap: str) -> list[str]:
    """The names of all topics of a broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return sorted(await consumer.topics())
    finally:
        await consumer.stop()


async def read_topic(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, from its start to its present end; none when there is no such topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return []
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        partitions = [TopicPartition(topic, number) for number in numbers]
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
