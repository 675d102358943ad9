"""A platform whose services are replaced one by one with another release's while claims flow."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from libs.interop.submission import Submission
from libs.testing.waiting import PATIENCE_SECONDS
from services.operations.adapters.city import City, Resident
from services.operations.domain.topology import SERVICES
from services.operations.use_cases.await_claims import await_claims
from services.operations.use_cases.run_platform import PlatformPlan, RunningPlatform, run_platform
from tests.chaos.run import CHECKOUT, PATIENT, Drill, load_of

#: In the order in which events are first said: each comes after all that it listens to.
PRODUCERS_FIRST = (
    "enrolment",
    "intake",
    "medical_data",
    "fraud",
    "adjudication",
    "payout",
    "charity",
    "projections",
)
CONSUMERS_FIRST = PRODUCERS_FIRST[::-1]
assert {service.name for service in SERVICES} == set(PRODUCERS_FIRST)

States = Mapping[tuple[str, str], Any]
"""What a service's fold makes of a stream, by (service, stream)."""


@dataclass
class MixedPlatform:
    """A running platform; hospitals send the drill's claims in the order they were drawn, some at a time."""

    running: RunningPlatform
    submissions: list[Submission]
    residents: dict[str, Resident]
    sent: int = 0
    enrolled: set[str] = field(default_factory=set)

    @property
    def urls(self) -> Mapping[str, str]:
        return self.running.platform.addresses.services

    def send(self, count: int) -> None:
        """The next claims, after those people have enrolled who come for the first time; nothing is waited for."""
        page = self.submissions[self.sent : self.sent + count]
        self.sent += len(page)
        new = {one.person.id_number for one in page} - self.enrolled
        self.enrolled |= new

        async def to_the_platform() -> None:
            async with City(self.running.platform.addresses) as city:
                await city.enrol([self.residents[number] for number in sorted(new)])
                await city.settle(page)
                await city.send_settlements(page)

        asyncio.run(to_the_platform())

    def come_to_rest(self) -> None:
        """Until nothing more happens to what was sent by itself."""

        async def rest() -> None:
            async with City(self.running.platform.addresses) as city:
                await await_claims(city.summary, self.sent, patience_seconds=120)

        asyncio.run(rest())

    def replace(self, *services: str, by: Path) -> None:
        """Stop these services and start them from another release's sources, on the same ports and data."""
        processes = self.running.processes
        specs = [replace(processes.spec_of(service), directory=by) for service in services]
        for spec in specs:
            processes.stop(spec.name)
        for spec in specs:
            processes.start(spec)
        processes.wait_ready(*services)

    def ask(self, service: str, path: str) -> Any:
        """A service's answer in JSON, whatever its status."""
        return httpx2.get(self.urls[service] + path, timeout=PATIENCE_SECONDS, trust_env=False).json()

    def parked(self) -> dict[str, Any]:
        """What services could not process."""
        found = {
            name: self.ask(name, "/parked") for name in PRODUCERS_FIRST if name not in ("enrolment", "intake")
        }
        return {name: parked for name, parked in found.items() if parked}

    def states(self, known_at: datetime) -> States:
        """Every state of every service, folded anew from what was recorded by then, by the code that runs now."""
        streams = asyncio.run(_streams(self.running.platform.addresses.database_url, known_at))
        query = {"by": "test", "known_at": known_at.isoformat()}
        found: dict[tuple[str, str], Any] = {}
        with httpx2.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            for service, stream_id in streams:
                answer = client.get(f"{self.urls[service]}/streams/{stream_id}/state", params=query)
                if answer.status_code != httpx2.codes.NOT_FOUND:
                    found[service, stream_id] = answer.raise_for_status().json()["state"]
        return found


@contextmanager
def mixed_platform(drill: Drill, directory: Path, sources: Path) -> Iterator[MixedPlatform]:
    """A platform that starts with all services from `sources`."""
    submissions, residents = load_of(drill)
    plan = PlatformPlan(
        directory,
        CHECKOUT,
        broker=drill.broker,
        usual_ports=False,
        told=lambda *_: PATIENT,
        sources=sources,
        # The release before may show no tokens yet: doors are closed when everything is upgraded (docs/runbook.md).
        open=True,
    )
    with run_platform(plan, lambda _name, _state: None) as running:
        yield MixedPlatform(running, submissions, {one.person.id_number: one for one in residents})


def now() -> datetime:
    """The moment that states are asked for: all that is recorded so far, and nothing after."""
    return datetime.now(UTC)


async def _streams(database_url: str, known_at: datetime) -> list[tuple[str, str]]:
    """(service, stream) of all that was recorded by then."""
    connection = await asyncpg.connect(database_url)
    try:
        found: list[tuple[str, str]] = []
        for service in PRODUCERS_FIRST:
            rows: Iterable[Any] = await connection.fetch(
                f'select distinct stream_id from "{service}".event where recorded_at <= $1 order by 1',
                known_at,
            )
            found += [(service, row["stream_id"]) for row in rows]
        return found
    finally:
        await connection.close()
