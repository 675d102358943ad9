"""Fixtures with real servers, the closing line that names them, and no silent skip in CI."""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import settings

from libs.local_platform import Processes, create_topics
from libs.testing.choice import NoWayAvailable
from libs.testing.kafka import KafkaUnderTest, kafka_for_tests
from libs.testing.postgres import PostgresUnderTest, in_own_loop, postgres_for_tests

# How long an example takes says more of the machine than of the code; the rest of the profile (CI's has its own) stays.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")

_SERVERS_USED = pytest.StashKey[list[str]]()


class NewTopic(Protocol):
    """Makes a topic with a name of its own."""

    def __call__(self, partitions: int = 8) -> str: ...


class NewDatabase(Protocol):
    """Makes a database of its own; answers its URL."""

    def __call__(self, template: str = "template1") -> str: ...


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaUnderTest]:
    """A broker that speaks the Kafka protocol; which one, the closing lines of pytest say."""
    with ExitStack() as cleanup:
        try:
            server = kafka_for_tests(pytestconfig.rootpath, tmp_path_factory.mktemp("kafka"), cleanup)
        except NoWayAvailable as why:
            pytest.skip(f"no Kafka broker: {why}")
        _used(pytestconfig).append(f"integration suite on {server.description}")
        yield server


@pytest.fixture(scope="module")
def fresh_kafka(
    kafka: KafkaUnderTest, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaUnderTest]:
    """A broker of the same kind without topics or groups: services use fixed names, and a new database starts anew."""
    with ExitStack() as cleanup:
        if kafka.kind == "given":
            pytest.skip("the broker that HUIJI_TEST_KAFKA names may hold topics of other databases")
        yield kafka_for_tests(pytestconfig.rootpath, tmp_path_factory.mktemp("fresh-kafka"), cleanup)


@pytest.fixture(scope="session")
def postgres(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresUnderTest]:
    """A PostgreSQL server where tests may make databases."""
    with ExitStack() as cleanup:
        try:
            server = postgres_for_tests(tmp_path_factory.mktemp("postgres"), cleanup)
        except NoWayAvailable as why:
            pytest.skip(f"no PostgreSQL: {why}")
        _used(pytestconfig).append(f"databases on PostgreSQL {server.version()} ({server.description})")
        yield server


@pytest.fixture
def new_database(postgres: PostgresUnderTest) -> Iterator[NewDatabase]:
    """Makes databases that are dropped when the test ends."""
    made: list[str] = []

    def create(template: str = "template1") -> str:
        made.append(postgres.create_database(template))
        return made[-1]

    yield create
    for url in made:
        postgres.drop_database(url)


@pytest.fixture
def database(new_database: NewDatabase) -> str:
    """URL of an empty database that only this test uses."""
    return new_database()


@pytest.fixture
def new_topic(kafka: KafkaUnderTest, request: pytest.FixtureRequest) -> NewTopic:
    """Makes topics that only this test uses."""
    prefix = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:80]
    made = 0

    def create(partitions: int = 8) -> str:
        nonlocal made
        made += 1
        name = f"{prefix}.{os.urandom(4).hex()}.{made}"
        in_own_loop(create_topics(kafka.bootstrap, [name], partitions))
        return name

    return create


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Child processes that stop with the test."""
    with Processes(tmp_path / "logs") as started:
        yield started


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a broker, so that `-m kafka` repeats just that on another broker."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the servers that were really used."""
    for line in dict.fromkeys(_used(config)):
        terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes tells the one that reports which servers it has used."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["servers"] = _used(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear it."""
    _used(node.config).extend(node.workeroutput.get("servers", ()) if hasattr(node, "workeroutput") else ())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI=true nothing may be skipped: what is not tested there is tested nowhere."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


def _used(config: pytest.Config) -> list[str]:
    return config.stash.setdefault(_SERVERS_USED, [])
