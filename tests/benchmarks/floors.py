"""What the database and the broker can do with nothing of ours in between."""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from libs.eventlog.kafka import ensure_topics

BODY = b"x" * 480
BATCH = 500
BATCHES = 40
WRITERS = 4
MESSAGES = 40_000


@dataclass(frozen=True)
class Floors:
    """Per second: rows inserted in batches of 500 by 4 connections, messages produced, messages consumed."""

    inserts_per_second: float
    produced_per_second: float
    consumed_per_second: float


async def measure_floors(database_url: str, bootstrap: str) -> Floors:
    """About ten seconds."""
    inserts = await _inserts(database_url)
    topic = f"floor-{uuid4().hex}"
    await ensure_topics(bootstrap, {topic: 1})
    return Floors(inserts, await _produce(bootstrap, topic), await _consume(bootstrap, topic))


async def _inserts(database_url: str) -> float:
    pool = await asyncpg.create_pool(database_url, min_size=WRITERS, max_size=WRITERS)
    await pool.execute(
        "create table floor (stream_id text, version integer, body bytea, primary key (stream_id, version))"
    )

    async def write() -> None:
        for _ in range(BATCHES):
            stream = uuid4().hex
            await pool.execute(
                "insert into floor select $1, v, $3 from unnest($2::integer[]) as v",
                stream,
                list(range(BATCH)),
                BODY,
            )

    began = perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    seconds = perf_counter() - began
    await pool.execute("drop table floor")
    await pool.close()
    return WRITERS * BATCHES * BATCH / seconds


async def _produce(bootstrap: str, topic: str) -> float:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    began = perf_counter()
    sent = [await producer.send(topic, BODY, partition=0) for _ in range(MESSAGES)]
    await asyncio.gather(*sent)
    seconds = perf_counter() - began
    await producer.stop()
    return MESSAGES / seconds


async def _consume(bootstrap: str, topic: str) -> float:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.start()
    await consumer.seek_to_beginning()
    began, got = perf_counter(), 0
    while got < MESSAGES:
        got += sum(map(len, (await consumer.getmany(timeout_ms=1_000, max_records=1_000)).values()))
    seconds = perf_counter() - began
    await consumer.stop()
    return MESSAGES / seconds
