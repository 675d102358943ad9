"""The broker loses everything while services run: the topics come back from the logs, and nothing happens twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from libs.local_platform import Processes, start_embedded_broker
from libs.testing.kafka import KafkaUnderTest
from tests.integration.eventlog.conftest import SHARDS, Line
from tests.support.service_process import ServiceProcess
from tests.support.topics import read_topic
from tests.support.upstream import open_upstream

Loss = Callable[[], Awaitable[None]]


async def topics_are_whole(line: Line) -> None:
    """A new consumer group that reads nothing but the topics sees every position of both logs."""
    heads = await line.upstream_heads()
    await read_topic(line.bootstrap, line.upstream.topic.name, heads)
    await read_topic(line.bootstrap, f"huiji.{line.downstream}.events", await line.downstream_heads())


async def runs_before_and_after(line: Line, process: ServiceProcess, lose: Loss) -> None:
    """Events before the loss, none meanwhile, then more: the worst case for whoever waits to be woken."""
    process.start()
    await process.ready()
    for _ in range(5):
        await line.append()
    await line.caught_up()
    await lose()
    await topics_are_whole(line)
    for _ in range(5):
        await line.append()
    await line.caught_up()
    await topics_are_whole(line)
    assert process.stop() == 0
    await line.assert_as_without_faults()


class TopicsDeleted:
    """On Kafka."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def __call__(self) -> None:
        """Delete both topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._line.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics(
                [self._line.upstream.topic.name, f"huiji.{self._line.downstream}.events"]
            )
        finally:
            await admin.close()


class BrokerRestarted:
    """On the embedded broker, which keeps its topics in memory."""

    def __init__(self, processes: Processes, port: int) -> None:
        self._processes = processes
        self._port = port

    async def __call__(self) -> None:
        """Stop it and start an empty one at the same address."""
        self._processes.stop("broker")
        assert start_embedded_broker(self._processes, preferred_port=self._port).bootstrap.endswith(
            f":{self._port}"
        )


async def test_topics_deleted_from_a_running_kafka_come_back(line: Line, kafka: KafkaUnderTest) -> None:
    if kafka.kind == "embedded":
        pytest.skip("the embedded broker has its own test below")
    async with line.upstream.serving(), line.upstream.relaying():
        await runs_before_and_after(line, line.process(), TopicsDeleted(line))


async def test_an_embedded_broker_that_starts_again_empty_is_filled_again(
    database: str, tmp_path: Path, processes: Processes, close_processes: list[ServiceProcess]
) -> None:
    async with embedded_line(database, tmp_path, processes, close_processes) as (line, loss):
        await runs_before_and_after(line, line.process(), loss)


async def test_a_broker_lost_under_load_costs_no_event(
    database: str, tmp_path: Path, processes: Processes, close_processes: list[ServiceProcess]
) -> None:
    async with embedded_line(database, tmp_path, processes, close_processes) as (line, loss):
        process = line.process()
        process.start()
        await process.ready()
        for round_ in range(30):
            await line.append()
            if round_ in (10, 20):
                await loss()
        await line.caught_up()
        await topics_are_whole(line)
        assert process.stop() == 0
        await line.assert_as_without_faults()


@asynccontextmanager
async def embedded_line(
    database: str, work: Path, processes: Processes, started: list[ServiceProcess]
) -> AsyncIterator[tuple[Line, Loss]]:
    """A line on an embedded broker of its own, and the way to lose it."""
    broker = start_embedded_broker(processes)
    unique = uuid4().hex[:8]
    async with open_upstream(database, broker.bootstrap, f"up_{unique}", shards=SHARDS) as upstream:
        line = Line(database, broker.bootstrap, work, upstream, f"down_{unique}", started)
        async with upstream.serving(), upstream.relaying():
            yield line, BrokerRestarted(processes, int(broker.bootstrap.rsplit(":", 1)[1]))
