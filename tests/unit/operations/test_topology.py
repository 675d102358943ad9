"""What the platform tells its processes is what they understand."""

import json
from pathlib import Path

import pytest

from libs.runtime.settings import ServiceSettings
from services.operations.domain.topology import (
    SERVICES,
    SHARDS,
    Addresses,
    outside_environment,
    service_environment,
)

ADDRESSES = Addresses(
    database_url="postgresql://huiji@/huiji?host=/sockets",
    kafka="127.0.0.1:9092",
    services={service.name: f"http://127.0.0.1:{service.preferred_port}" for service in SERVICES},
    bureau_url="http://127.0.0.1:8109",
    bank_url="http://127.0.0.1:8110",
    master_key_file=Path("/secret/master.key"),
)


def test_a_service_reads_its_settings_from_what_the_platform_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in service_environment(SERVICES[0], 8101, ADDRESSES).items():
        monkeypatch.setenv(name, value)
    settings = ServiceSettings()
    assert settings.service == "intake"
    assert settings.database_url == ADDRESSES.database_url
    assert settings.kafka == ADDRESSES.kafka
    assert settings.http_port == 8101
    assert settings.sources == dict(ADDRESSES.services)
    assert settings.master_key_file == ADDRESSES.master_key_file
    assert settings.shards == SHARDS


def test_an_outside_system_learns_nothing_of_our_database_broker_or_keys() -> None:
    told = json.dumps(outside_environment(SERVICES[0], 8109))
    assert not any(secret in told for secret in ("DATABASE", "KAFKA", "MASTER_KEY"))


def test_names_and_ports_are_unique() -> None:
    assert len({service.name for service in SERVICES}) == len(SERVICES)
    assert len({service.preferred_port for service in SERVICES}) == len(SERVICES)
