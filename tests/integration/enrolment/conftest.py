"""Enrolment as its real process."""

from collections.abc import Iterator

import pytest

from libs.testing.kafka import KafkaUnderTest
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, fresh_kafka: KafkaUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Enrolment listens to nobody."""
    with services_under_test(
        postgres, tmp_path_factory.mktemp("enrolment"), fresh_kafka.bootstrap
    ) as started:
        started.start("enrolment")
        yield started
