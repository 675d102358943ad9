"""What the kernel adds to the raw database and broker: rates beside floors of the same run.

`python -m tests.benchmarks.bench_kernel [apache]`: PostgreSQL from the wheel and the embedded broker, or Apache Kafka.
Read the ratios: client, database and broker share this machine's cores.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import asyncpg
import structlog
import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from libs.contracts import Event
from libs.eventlog import Append, Consumer, EventLog, Recorded, Relay, States
from libs.eventlog.envelope import from_headers
from libs.eventlog.kafka import KafkaTopic
from libs.eventlog.stage import Instruction, Stage
from libs.eventlog.verify import verify_shard
from libs.local_platform import (
    Processes,
    create_database_if_missing,
    remove_postgres,
    resolve_kafka_jars,
    start_apache_kafka,
    start_embedded_broker,
    start_embedded_postgres,
)
from tests.benchmarks.floors import Floors, measure_floors
from tests.support.kernel import LogSource, open_log
from tests.support.ticks import Ticked, stream_of, tick

SHARDS = 16
WRITERS = 4
BATCH = 500
BATCHES = 20
SINGLE_CLIENTS = 16
SINGLE_EACH = 150
NOTE = "x" * 380
ROOT = Path(__file__).parents[2]


async def main(database_url: str, bootstrap: str) -> None:
    """Measure and print."""
    floors = await measure_floors(database_url, bootstrap)
    raw_single = await _rate(lambda: insert_singly(database_url))
    async with (
        open_log(database_url, "upstream", shards=SHARDS, size=SINGLE_CLIENTS + 2) as upstream,
        open_log(database_url, "downstream", shards=SHARDS, size=4) as downstream,
    ):
        for log in (upstream, downstream):
            log.on_append(lambda _: None)
        appended = await _rate(lambda: append_batches(upstream))
        single = await _rate(lambda: append_singly(upstream))
        topic = KafkaTopic(bootstrap, "upstream", SHARDS)
        await topic.start()
        relayed = await _rate(lambda: relay(upstream, topic))
        await topic.stop()
        consumed = await _rate(lambda: consume(upstream, downstream, bootstrap))
        verified = await _rate(lambda: verify(upstream))
    _print(floors, appended, (single, raw_single), relayed, consumed, verified)


async def _rate(measured: Callable[[], Awaitable[int]]) -> float:
    began = perf_counter()
    events = await measured()
    return events / (perf_counter() - began)


async def append_batches(log: EventLog) -> int:
    """`WRITERS` connections, batches of `BATCH` over as many shards as come."""

    async def write(writer: int) -> None:
        for batch in range(BATCHES):
            async with log.transaction() as work:
                for number in range(BATCH):
                    claim = f"w{writer}-{batch}-{number}"
                    work.append(Append(stream_of(claim), 0, [tick(claim, 1, NOTE)]))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return WRITERS * BATCHES * BATCH


async def append_singly(log: EventLog) -> int:
    """One event per transaction, many clients."""

    async def write(client: int) -> None:
        for number in range(SINGLE_EACH):
            async with log.transaction() as work:
                claim = f"s{client}-{number}"
                work.append(Append(stream_of(claim), 0, [tick(claim, 1, NOTE)]))

    await asyncio.gather(*(write(client) for client in range(SINGLE_CLIENTS)))
    return SINGLE_CLIENTS * SINGLE_EACH


async def insert_singly(database_url: str) -> int:
    """The floor of `append_singly`: one row per transaction, as many clients."""
    pool = await asyncpg.create_pool(database_url, min_size=SINGLE_CLIENTS, max_size=SINGLE_CLIENTS)
    await pool.execute("create table one_each (id uuid primary key default gen_random_uuid(), body bytea)")

    async def write() -> None:
        for _ in range(SINGLE_EACH):
            await pool.execute("insert into one_each (body) values ($1)", NOTE.encode())

    await asyncio.gather(*(write() for _ in range(SINGLE_CLIENTS)))
    await pool.close()
    return SINGLE_CLIENTS * SINGLE_EACH


async def relay(log: EventLog, topic: KafkaTopic) -> int:
    """Everything that is recorded to the broker."""
    relay_ = Relay(log, topic)
    while await relay_.publish_once():
        continue
    return relay_.published_total


async def consume(upstream: EventLog, downstream: EventLog, bootstrap: str) -> int:
    """From the broker: decode, load states, decide, append, checkpoint, exactly once."""
    stage = Stage(States("downstream", lambda stream_id: 0, _evolve), _decide)
    source = LogSource(upstream)
    consumer = Consumer(
        downstream, {"upstream": source}, stage.handler(_translate), frozenset({"Ticked"}), batch_size=BATCH
    )
    await consumer.prepare()
    total = sum((await source.heads()).values())
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20
    )
    kafka.assign([TopicPartition("huiji.upstream.events", shard) for shard in range(SHARDS)])
    await kafka.start()
    await kafka.seek_to_beginning()
    try:
        while consumer.processed_total < total:
            batches = await kafka.getmany(timeout_ms=100, max_records=BATCH)
            await consumer.process(
                from_headers(partition.partition, record.headers, record.value)
                for partition, records in batches.items()
                for record in records
            )
    finally:
        await kafka.stop()
    assert consumer.refilled_total == 0
    return total


async def verify(log: EventLog) -> int:
    """Walk the hash chains."""
    async with log.pool.acquire() as connection:
        return sum([(await verify_shard(connection, log.source, shard)).events for shard in range(SHARDS)])


def _evolve(count: int, event: Event) -> int:
    return count + 1


def _decide(count: int, command: Ticked) -> list[Event]:
    return [tick(command.claim_id, command.number, command.note)]


def _translate(recorded: Recorded, _: object) -> Instruction[Ticked]:
    event = recorded.decode()
    assert isinstance(event, Ticked)
    return Instruction(recorded.stream_id, event, recorded)


def _print(
    floors: Floors,
    appended: float,
    single: tuple[float, float],
    relayed: float,
    consumed: float,
    verified: float,
) -> None:
    def line(what: str, rate: float, floor: float, of: str) -> str:
        return f"{what:<44}{rate:>10,.0f}/s   {rate / floor:>5.0%} of {of}, {floor:,.0f}/s"

    inserts, produced, taken = (
        floors.inserts_per_second,
        floors.produced_per_second,
        floors.consumed_per_second,
    )
    print(  # noqa: T201 - this is what the program is for
        "\n".join(
            (
                line(
                    f"append, {WRITERS} writers, batches of {BATCH}", appended, inserts, "raw batched inserts"
                ),
                line(f"append, {SINGLE_CLIENTS} clients, one each", *single, "raw inserts of one row"),
                line("relay, one process", relayed, produced, "raw produce"),
                line(f"consume, decide, append, batches of {BATCH}", consumed, taken, "raw consume"),
                line("the same", consumed, inserts, "raw batched inserts"),
                line("verify the hash chain", verified, inserts, "raw batched inserts"),
            )
        )
    )


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as cleanup:
        work = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        cleanup.callback(remove_postgres, work / "postgres")
        processes = cleanup.enter_context(Processes(work / "logs"))
        postgres = start_embedded_postgres(processes, work / "postgres")
        if sys.argv[1:] == ["apache"]:
            jars = resolve_kafka_jars(ROOT / "deploy" / "kafka-from-maven", ROOT / ".huiji" / "kafka")
            bootstrap = start_apache_kafka(processes, jars, work / "kafka").bootstrap
        else:
            bootstrap = start_embedded_broker(processes).bootstrap
        url = asyncio.run(create_database_if_missing(postgres, "bench"))
        uvloop.run(main(url, bootstrap))
