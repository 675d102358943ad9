"""Intake as its real process, with a stand-in for the enrolment that it listens to, and a hospital."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from libs.interop import Submission
from libs.testing.hospital import Hospital
from libs.testing.kafka import KafkaUnderTest
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.submissions import a_submission


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, fresh_kafka: KafkaUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Intake, and a stand-in for the enrolment that it listens to."""
    directory = tmp_path_factory.mktemp("intake")
    with services_under_test(postgres, directory, fresh_kafka.bootstrap) as started:
        started.start_source("enrolment")
        started.start("intake", {"HUIJI_TRACE_FILE": str(directory / "intake.spans.jsonl")})
        yield started


@pytest.fixture(scope="module")
def hospital(services: ServicesUnderTest) -> Hospital:
    return Hospital(services)


@pytest.fixture
def submission() -> Submission:
    """One that no other test sends."""
    return a_submission(submission_id=f"S-{uuid4()}")
