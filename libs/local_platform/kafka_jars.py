"""Apache Kafka itself, one node in KRaft mode, from the jars that Maven fetches; needs `mvn` and Java 17 or later."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from libs.local_platform.errors import KafkaJarsUnavailable
from libs.local_platform.ports import LOOPBACK, accepts_connections, choose_port
from libs.local_platform.processes import Processes, ProcessSpec

_MINIMUM_JAVA = 17
_MAVEN_TIMEOUT_SECONDS = 900
_HEAP = "-Xmx512m"
_JAVA_VERSION = re.compile(r'version "(\d+)')


@dataclass(frozen=True)
class ApacheKafka:
    """A running Apache Kafka; `bootstrap` is host:port for clients, `version` like 4.3.1."""

    bootstrap: str
    version: str


@dataclass(frozen=True)
class KafkaJars:
    """What `java` needs to run the broker: a class path and the logging configuration."""

    class_path: str
    version: str
    log_configuration: Path

    def command(self, main_class: str, *arguments: str) -> tuple[str, ...]:
        """Command line that runs one of Kafka's programs."""
        logging = f"-Dlog4j2.configurationFile={self.log_configuration}"
        return ("java", _HEAP, "-XX:+UseSerialGC", logging, "-cp", self.class_path, main_class, *arguments)


def why_kafka_jars_cannot_run() -> str | None:
    """None when `mvn` and a Java of version 17 or later are here, else what is missing."""
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            return f"`{program}` is not installed"
    banner = subprocess.run(
        ["java", "-version"], capture_output=True, text=True, timeout=60, check=False
    ).stderr
    found = _JAVA_VERSION.search(banner)
    if found is None or int(found[1]) < _MINIMUM_JAVA:
        return f"Java {_MINIMUM_JAVA} or later is needed, found {banner.splitlines()[:1]}"
    return None


def resolve_kafka_jars(maven_project: Path, cache: Path) -> KafkaJars:
    """Let Maven fetch what `maven_project`/pom.xml names; the class path is remembered in `cache`.

    Raises `KafkaJarsUnavailable` with Maven's log.
    """
    missing = why_kafka_jars_cannot_run()
    if missing is not None:
        raise KafkaJarsUnavailable(missing)
    pom = maven_project / "pom.xml"
    cache.mkdir(parents=True, exist_ok=True)
    fingerprint = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    remembered = cache / f"class-path-{fingerprint}.txt"
    if not remembered.exists() or not _all_there(remembered.read_text()):
        _ask_maven(pom, remembered, cache / "maven.log")
    class_path = remembered.read_text().strip()
    version = re.search(r"kafka_2\.13-([\d.]+)\.jar", class_path)
    if version is None:
        raise KafkaJarsUnavailable("Maven resolved no kafka_2.13 jar", cache / "maven.log")
    return KafkaJars(class_path, version[1], maven_project.absolute() / "log4j2.yaml")


def start_apache_kafka(
    processes: Processes, jars: KafkaJars, directory: Path, *, name: str = "kafka"
) -> ApacheKafka:
    """Format fresh storage under `directory` and start one combined broker and controller on free ports.

    Raises `KafkaJarsUnavailable` when the storage cannot be formatted, `PartDidNotStart` when the broker fails.
    """
    port, controller_port = choose_port(), choose_port()
    storage = directory / "storage"
    if storage.exists():
        shutil.rmtree(storage)
    directory.mkdir(parents=True, exist_ok=True)
    properties = directory / "server.properties"
    properties.write_text(_properties(port, controller_port, storage))
    _format_storage(jars, properties, directory / "format.log")
    processes.start_and_wait(
        ProcessSpec(
            name=name,
            command=jars.command("kafka.Kafka", str(properties)),
            ready=lambda: None if accepts_connections(port) else f"port {port} refuses connections",
            ready_within_seconds=120,
            stop_within_seconds=20,
        )
    )
    return ApacheKafka(f"{LOOPBACK}:{port}", jars.version)


def _all_there(class_path: str) -> bool:
    return all(Path(jar).exists() for jar in class_path.strip().split(":"))


def _ask_maven(pom: Path, class_path: Path, log: Path) -> None:
    unfinished = class_path.with_suffix(f".{os.getpid()}")
    command = [
        "mvn",
        "-B",
        "-ntp",
        "-f",
        str(pom),
        "dependency:build-classpath",
        f"-Dmdep.outputFile={unfinished}",
    ]
    with log.open("wb") as output:
        try:
            finished = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_MAVEN_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise KafkaJarsUnavailable(f"Maven took more than {_MAVEN_TIMEOUT_SECONDS} s", log) from None
    if finished.returncode != 0 or not unfinished.exists():
        raise KafkaJarsUnavailable(f"Maven failed with exit status {finished.returncode}", log)
    unfinished.rename(class_path)


def _format_storage(jars: KafkaJars, properties: Path, log: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # "=": an id may begin with "-".
    command = jars.command(
        "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(properties)
    )
    with log.open("wb") as output:
        finished = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=120, check=False)
    if finished.returncode != 0:
        raise KafkaJarsUnavailable(f"formatting storage failed with exit status {finished.returncode}", log)


def _properties(port: int, controller_port: int, storage: Path) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "log.dirs": str(storage),
        # A topic that springs into being with one partition would break "partition = shard" silently.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # The default of 3 s would be paid by every consumer group of every test.
        "group.initial.rebalance.delay.ms": "0",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
