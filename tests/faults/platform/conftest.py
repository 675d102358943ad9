"""What a city comes to in which nothing happens: measured once, compared with by every test that disturbs one."""

import pytest

from libs.testing.kafka import KafkaUnderTest
from tests.chaos.run import Drill, Outcome, live

SEED = 20261122
CLAIMS = 60


@pytest.fixture(scope="session")
def drill(kafka: KafkaUnderTest) -> Drill:
    """The people and bills of both the quiet city and a disturbed one."""
    return Drill(SEED, CLAIMS, seconds=20.0, broker="apache" if kafka.kind == "apache" else "embedded")


@pytest.fixture(scope="session")
def quiet_city(drill: Drill, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What its claims come to when nobody disturbs it."""
    return live(drill, tmp_path_factory.mktemp("quiet"), lambda _words: None, disturbed=False)
