"""One running platform for all tests here: real processes, the demo's input, every span kept."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from libs.testing.kafka import KafkaUnderTest
from libs.testing.waiting import PATIENCE_SECONDS
from services.operations.adapters.announcing import FILE, RunningAt, read_announcement
from services.operations.adapters.asking import as_caller, shown
from services.operations.adapters.city import City
from services.operations.adapters.demo_callers import hospital_token
from services.operations.domain.platform import Platform
from services.operations.use_cases.await_claims import await_claims
from services.operations.use_cases.demo import DemoInput, demo_input
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, run_platform

CHECKOUT = Path(__file__).parents[2]
GENERATED = 120


@dataclass(frozen=True)
class Ran:
    """The platform after all of `given` has come to rest."""

    platform: Platform
    given: DemoInput
    directory: Path

    def ask(self, method: str, service: str, path: str, body: object = None) -> Any:
        """What a service answers, in JSON."""
        url, headers = (
            self.platform.url(service) + path,
            self.as_hospital if service == "intake" else self.as_operator,
        )
        answer = httpx2.request(method, url, json=body, headers=headers, timeout=PATIENCE_SECONDS)
        return answer.raise_for_status().json()

    @property
    def as_hospital(self) -> dict[str, str]:
        """The header that a platform of the region's hospitals shows to intake."""
        return shown(hospital_token(self.platform.addresses.hospital_callers_file))

    @property
    def as_operator(self) -> dict[str, str]:
        """The header that whoever else asks shows."""
        return as_caller(self.platform.addresses)

    @property
    def running(self) -> RunningAt:
        """The platform as commands find it."""
        return read_announcement(self.directory / "run" / FILE)

    def get(self, service: str, path: str) -> Any:
        """What a service answers to a question."""
        return self.ask("GET", service, path)


@pytest.fixture(scope="package")
def ran(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaUnderTest) -> Iterator[Ran]:
    """The platform, with the published examples, all hospital encounters and some generated claims settled."""
    directory = tmp_path_factory.mktemp("platform")
    given = _smaller(demo_input())
    # A broker of its own: the topics of a deployment belong to its database. The kind is the one under test.
    broker: BrokerKind = "apache" if kafka.kind == "apache" else "embedded"
    plan = PlatformPlan(directory, CHECKOUT, broker=broker, traces=True, usual_ports=False)
    with run_platform(plan, lambda name, state: None) as running:
        asyncio.run(_send(running.platform, given))
        yield Ran(running.platform, given, directory)


async def _send(platform: Platform, given: DemoInput) -> None:
    async with City(platform.addresses) as city:
        await city.enrol(given.residents)
        await city.settle(given.submissions)
        await city.send_settlements(given.example_submissions)
        await city.send_bundles([encounter.bundle for encounter in given.encounters])
        await city.send_settlements(given.by_http)
        await city.send_by_topic(given.by_topic)
        await await_claims(city.summary, len(given.submissions), patience_seconds=PATIENCE_SECONDS)


def _smaller(given: DemoInput) -> DemoInput:
    return DemoInput(
        given.examples,
        given.encounters,
        given.by_http[:GENERATED],
        given.by_topic[:GENERATED],
        given.residents,
    )
