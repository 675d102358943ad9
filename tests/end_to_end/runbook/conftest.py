"""One running platform for all that the runbook prints, and an operator who works through one of its sections."""

from collections.abc import Iterator

import pytest

from libs.testing.kafka import KafkaUnderTest
from services.operations.use_cases.run_platform import BrokerKind
from tests.support.runbook import NOT_RUN_HERE, SECTIONS, Operator
from tests.support.runbook_world import World, runbook_world


@pytest.fixture(scope="package")
def city_world(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaUnderTest) -> Iterator[World]:
    broker: BrokerKind = "apache" if kafka.kind == "apache" else "embedded"
    with runbook_world(tmp_path_factory.mktemp("runbook"), broker) as world:
        yield world


@pytest.fixture
def operator(city_world: World, request: pytest.FixtureRequest) -> Iterator[Operator]:
    """Works through the section that the test is about; at its end nothing that is printed is left."""
    operator = Operator(SECTIONS[request.param], city_world.directory, city_world.urls)
    yield operator
    assert operator.left <= NOT_RUN_HERE.keys(), "printed in the runbook, and neither run here nor listed"
