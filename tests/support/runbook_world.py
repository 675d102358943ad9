"""A small running city for the runbook's sections: each takes claims of its own and brings them into its state."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2

from libs.benefits import load_plans
from libs.contracts import Event
from libs.eventlog import Append, EventLog
from libs.eventlog.database import open_pool
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges
from libs.synthetic.cities import CITIES
from libs.synthetic.published_examples import PublishedExample, published_examples
from libs.testing.waiting import wait_until
from services.operations.adapters.asking import as_caller, shown
from services.operations.adapters.city import City, Resident
from services.operations.adapters.demo_callers import hospital_token
from services.operations.domain.topology import SHARDS
from services.operations.use_cases.await_claims import await_claims
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, RunningPlatform, run_platform
from tests.support.runbook import CHECKOUT

#: Most of them pend for a review.
_SUSPICIOUS, _SUSPICIOUS_BP, _SEED = 8, 10_000, 7
_PLANS = sorted(CITIES.keys() & load_plans().keys())
#: Far more than it takes: a broker that was killed comes back when it has looked through its files.
_PATIENCE_SECONDS = 240.0


@dataclass
class World:
    """The platform, and claims that were paid and that no section has taken yet."""

    running: RunningPlatform
    directory: Path
    unused: list[dict[str, Any]] = field(default_factory=list)
    submissions: dict[str, Submission] = field(default_factory=dict)

    @property
    def urls(self) -> Mapping[str, str]:
        return self.running.platform.addresses.services

    def ask(self, service: str, path: str, method: str = "GET", body: Any = None) -> Any:
        """A service's answer in JSON."""
        addresses = self.running.platform.addresses
        as_hospital = shown(hospital_token(addresses.hospital_callers_file))
        headers = as_hospital if service == "intake" else as_caller(addresses)
        url = self.urls[service] + path
        answer = httpx2.request(method, url, json=body, headers=headers, timeout=30, trust_env=False)
        return answer.raise_for_status().json()

    def metrics(self, service: str) -> str:
        """What it measures of itself."""
        return httpx2.get(self.urls[service] + "/metrics", timeout=30, trust_env=False).text

    def at_bank(self, method: str, path: str, body: Any = None) -> None:
        """What only the bank's own operator can do."""
        url = self.running.platform.addresses.bank_url + path
        httpx2.request(method, url, json=body, timeout=30, trust_env=False).raise_for_status()

    def a_paid_claim(self, at_least_fen: int = 0) -> dict[str, Any]:
        """One that no other section has."""
        claim = next(each for each in self.unused if each["plan_pays_fen"] >= at_least_fen)
        self.unused = [each for each in self.unused if each["person_id"] != claim["person_id"]]
        return claim

    def submission_of(self, claim: Mapping[str, Any]) -> Submission:
        """What the hospital sent for it."""
        return self.submissions[claim["claim_id"]]

    def cancelled_claim(self) -> str:
        """A hospital cancels a discharge that was paid; the claim, as soon as intake has taken it."""
        submission = self.submission_of(self.a_paid_claim())
        place = f"/settlements/{submission.visit.hospital_id}/{submission.submission_id}/cancellation"
        claim_id: str = self.ask("intake", place, "POST")["claim_id"]
        return claim_id

    def one_more(self) -> str:
        """Another published example is filed; its claim."""
        return asyncio.run(_filed(self, published_examples_to_send()[-1:], []))[0]

    def claim(self, claim_id: str) -> dict[str, Any]:
        """As the read model has it now."""
        found: dict[str, Any] = self.ask("projections", f"/claims/{claim_id}")
        return found

    def kill(self, part: str) -> None:
        """SIGKILL; `until` starts it again, as `huiji up` does."""
        os.kill(self.running.processes.process_ids()[part], signal.SIGKILL)

    def a_database(self) -> str:
        """An empty one beside the platform's; its URL."""
        url = self.running.platform.addresses.database_url
        asyncio.run(_create_database(url, "moved"))
        return url.replace("/huiji?", "/moved?", 1)

    def until(self, fact: Any, what: str) -> None:
        """Wait for a fact, and start again what has ended."""

        def holds() -> bool:
            self.running.processes.tend()
            try:
                return bool(fact())
            except httpx2.HTTPError:
                return False

        wait_until(holds, what, within_seconds=_PATIENCE_SECONDS)

    def until_ready(self) -> None:
        """Wait until every service is."""

        def ready(url: str) -> bool:
            return (
                httpx2.get(f"{url}/health/ready", timeout=5, trust_env=False).status_code == httpx2.codes.OK
            )

        self.until(lambda: all(ready(url) for url in self.urls.values()), "every service is ready")

    def say(self, source: str, stream_id: str, events: Sequence[Event]) -> None:
        """Record events of a service as they are, whether or not anybody can read them."""
        asyncio.run(self._say(source, stream_id, events))

    async def _say(self, source: str, stream_id: str, events: Sequence[Event]) -> None:
        pool = await open_pool(self.running.platform.addresses.database_url, source, size=1)
        try:
            log = EventLog(pool, source, SHARDS, lambda: datetime.now(UTC), uuid4)
            async with log.transaction() as work:
                work.append(Append(stream_id, 0, events))
        finally:
            await pool.close()


@contextmanager
def runbook_world(directory: Path, broker: BrokerKind) -> Iterator[World]:
    """With the published examples paid, and suspicious discharges under review."""
    plan = PlatformPlan(directory, CHECKOUT, broker=broker, usual_ports=False)
    with run_platform(plan, lambda _name, _state: None) as running:
        world = World(running, directory)
        suspicious = discharges(_SEED, _PLANS, Population(_SEED, _PLANS, _SUSPICIOUS), _SUSPICIOUS_BP)
        under_review = [next(suspicious) for _ in range(_SUSPICIOUS)]
        asyncio.run(_filed(world, published_examples_to_send()[:-1], under_review))
        paid = world.ask("projections", "/claims?status=paid&limit=1000")
        one_each = {claim["person_id"]: claim for claim in paid}
        world.unused = sorted(one_each.values(), key=lambda one: int(one["plan_pays_fen"]))
        yield world


def published_examples_to_send() -> list[PublishedExample]:
    """Those that a plan pays."""
    return [one for one in published_examples() if one.coverage and one.expected.check == "decision"]


async def _filed(
    world: World, examples: Sequence[PublishedExample], others: Sequence[Submission]
) -> list[str]:
    """People are enrolled, and hospitals send what they have; the claims, in order, when they have come to rest."""
    submissions = [*(one for example in examples for one in example.submissions), *others]
    people = Population(_SEED, _PLANS, _SUSPICIOUS)
    residents = [Resident(one.person, one.coverage) for one in (*examples, *people) if one.coverage]
    async with City(world.running.platform.addresses) as city:
        await city.enrol(residents)
        await city.settle(submissions)
        claims = await city.send_settlements(submissions)
        world.submissions |= dict(zip(claims, submissions, strict=True))
        await await_claims(city.summary, len(world.submissions))
    return claims


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
