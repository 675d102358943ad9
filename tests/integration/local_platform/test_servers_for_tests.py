"""The fixtures of `libs.testing` give what they promise on whichever servers this machine has."""

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from libs.testing.kafka import KafkaUnderTest
from libs.testing.pytest_plugin import NewDatabase, NewTopic


async def test_a_record_comes_back_from_the_partition_it_was_sent_to(
    kafka: KafkaUnderTest, new_topic: NewTopic
) -> None:
    topic = new_topic(partitions=3)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        await producer.send_and_wait(topic, b"discharged", partition=2, headers=[("position", b"7")])

    partition = TopicPartition(topic, 2)
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        record = await consumer.getone(partition)

    assert (record.value, record.offset) == (b"discharged", 0)
    assert list(record.headers) == [("position", b"7")]


async def test_two_databases_of_one_test_share_nothing(new_database: NewDatabase) -> None:
    first, second = await asyncpg.connect(new_database()), await asyncpg.connect(new_database())
    try:
        await first.execute("create table claim (id int primary key)")
        assert await first.fetchval("select count(*) from pg_class where relname = 'claim'") == 1
        assert await second.fetchval("select count(*) from pg_class where relname = 'claim'") == 0
    finally:
        await first.close()
        await second.close()


async def test_a_commit_is_on_disk_when_it_returns(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval("show fsync") == "on"
        assert await connection.fetchval("show synchronous_commit") == "on"
    finally:
        await connection.close()
