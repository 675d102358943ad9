"""A real broker for tests: given, in Docker, Apache Kafka's jars, or the embedded one."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from libs.local_platform import (
    KafkaJarsUnavailable,
    Processes,
    choose_port,
    resolve_kafka_jars,
    start_apache_kafka,
    start_embedded_broker,
)
from libs.testing.choice import WayUnavailable, first_available, with_reasons
from libs.testing.docker import start_container

KafkaKind = Literal["given", "docker", "apache", "embedded"]
_DOCKER_IMAGE = "apache/kafka:4.3.1"


@dataclass(frozen=True)
class KafkaUnderTest:
    """Where the broker answers, which kind it is, and a description for people."""

    bootstrap: str
    kind: KafkaKind
    description: str


def kafka_for_tests(checkout: Path, work: Path, cleanup: ExitStack) -> KafkaUnderTest:
    """Start a broker (or take the one `HUIJI_TEST_KAFKA` names); `cleanup` stops it. Raises `NoWayAvailable`."""
    wanted = os.environ.get("HUIJI_TEST_KAFKA") or None
    if wanted is not None and ":" in wanted:
        return KafkaUnderTest(wanted, "given", f"the broker at {wanted}")
    processes = cleanup.enter_context(Processes(work / "logs"))
    ways: dict[str, Callable[[], KafkaUnderTest]] = {
        "docker": lambda: _docker(cleanup),
        "apache": lambda: _apache(processes, checkout, work),
        "embedded": lambda: _embedded(processes),
    }
    server, reasons = first_available(ways, wanted)
    return replace(server, description=with_reasons(server.description, reasons))


def _docker(cleanup: ExitStack) -> KafkaUnderTest:
    port = choose_port()
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        # Clients are sent here after their first question, so it must be the port they see from outside.
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    start_container(_DOCKER_IMAGE, 9092, environment, "Kafka Server started", cleanup, port)
    return KafkaUnderTest(f"127.0.0.1:{port}", "docker", f"Docker image {_DOCKER_IMAGE}")


def _apache(processes: Processes, checkout: Path, work: Path) -> KafkaUnderTest:
    try:
        jars = resolve_kafka_jars(checkout / "deploy" / "kafka-from-maven", checkout / ".huiji" / "kafka")
    except KafkaJarsUnavailable as why:
        raise WayUnavailable(str(why)) from why
    kafka = start_apache_kafka(processes, jars, work / "kafka")
    return KafkaUnderTest(kafka.bootstrap, "apache", f"Apache Kafka {kafka.version} (Maven jars)")


def _embedded(processes: Processes) -> KafkaUnderTest:
    broker = start_embedded_broker(processes)
    return KafkaUnderTest(broker.bootstrap, "embedded", "the embedded Tansu broker (wheel)")
