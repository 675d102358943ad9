"""Brokers come up on ports nobody else gets, make topics, and say why when they cannot."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from libs.local_platform import (
    KafkaJarsUnavailable,
    TopicsNotCreated,
    choose_port,
    create_topics,
    resolve_kafka_jars,
)
from libs.testing.kafka import KafkaUnderTest
from libs.testing.pytest_plugin import NewTopic

ROOT = Path(__file__).parents[3]


async def test_topics_that_are_there_already_are_left_alone(
    kafka: KafkaUnderTest, new_topic: NewTopic
) -> None:
    topic = new_topic(partitions=3)
    await create_topics(kafka.bootstrap, [topic], partitions=5)

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        [described] = await admin.describe_topics([topic])
    finally:
        await admin.close()
    assert len(described["partitions"]) == 3


async def test_a_refused_topic_is_named(kafka: KafkaUnderTest) -> None:
    if kafka.kind == "embedded":
        # The embedded broker takes any name; there is nothing to refuse.
        await create_topics(kafka.bootstrap, ["no such name!"], partitions=1)
        return
    with pytest.raises(TopicsNotCreated, match="no such name!"):
        await create_topics(kafka.bootstrap, ["no such name!"], partitions=1)


def test_jars_that_cannot_be_had_are_a_typed_error_with_the_log(tmp_path: Path) -> None:
    (tmp_path / "pom.xml").write_text("<project>not a project</project>")
    with pytest.raises(KafkaJarsUnavailable) as failure:
        resolve_kafka_jars(tmp_path, tmp_path / "cache")
    missing_tool = failure.value.log is None and "not installed" in failure.value.why
    assert missing_tool or (tmp_path / "cache" / "maven.log").read_text()


def test_a_chosen_port_is_given_to_nobody_else_and_can_be_served() -> None:
    ports = [choose_port() for _ in range(50)]
    assert len(set(ports)) == len(ports)
    with socket.create_server(("127.0.0.1", ports[0])) as server:
        assert server.getsockname()[1] == ports[0]


def test_a_preferred_port_is_taken_only_when_it_is_free() -> None:
    free = choose_port()
    assert choose_port(free) == free
    with socket.create_server(("127.0.0.1", free)):
        assert choose_port(free) != free


def test_of_two_processes_that_start_at_once_one_gets_the_preferred_port() -> None:
    free = choose_port()
    assert choose_port(free) == free
    code = f"from libs.local_platform import choose_port; print(choose_port({free}))"
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(other.stdout) != free
