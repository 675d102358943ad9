"""PostgreSQL, a broker, a bank and our services as child processes, without Docker."""

from libs.local_platform.broker import EmbeddedBroker, start_embedded_broker
from libs.local_platform.errors import (
    AlreadyRunning,
    KafkaJarsUnavailable,
    LocalPlatformError,
    PartDidNotStart,
    PartStopped,
    PlaceNotPrivate,
    TopicsNotCreated,
)
from libs.local_platform.kafka_jars import (
    ApacheKafka,
    KafkaJars,
    resolve_kafka_jars,
    start_apache_kafka,
    why_kafka_jars_cannot_run,
)
from libs.local_platform.mock_bank import MockBank, start_mock_bank
from libs.local_platform.places import private_directory, remove_postgres
from libs.local_platform.ports import choose_port
from libs.local_platform.postgres import (
    EmbeddedPostgres,
    create_database_if_missing,
    start_embedded_postgres,
)
from libs.local_platform.processes import Processes, ProcessSpec, answers_http
from libs.local_platform.run_lock import RunLock
from libs.local_platform.stop_signals import StopRequested, stop_signals
from libs.local_platform.topics import create_topics

__all__ = [
    "AlreadyRunning",
    "ApacheKafka",
    "EmbeddedBroker",
    "EmbeddedPostgres",
    "KafkaJars",
    "KafkaJarsUnavailable",
    "LocalPlatformError",
    "MockBank",
    "PartDidNotStart",
    "PartStopped",
    "PlaceNotPrivate",
    "ProcessSpec",
    "Processes",
    "RunLock",
    "StopRequested",
    "TopicsNotCreated",
    "answers_http",
    "choose_port",
    "create_database_if_missing",
    "create_topics",
    "private_directory",
    "remove_postgres",
    "resolve_kafka_jars",
    "start_apache_kafka",
    "start_embedded_broker",
    "start_embedded_postgres",
    "start_mock_bank",
    "stop_signals",
    "why_kafka_jars_cannot_run",
]
