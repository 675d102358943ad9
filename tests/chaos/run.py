"""Run a platform under load and faults, let it come to rest, and compare it with one that had a quiet life."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx2

from libs.benefits import load_plans
from libs.interop.submission import Submission
from libs.local_platform.processes import PartState
from libs.proof import Checked
from libs.synthetic import Population, discharges
from libs.synthetic.cities import CITIES
from libs.testing.postgres_proxy import PostgresProxy
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.city import City, Resident
from services.operations.domain.topology import Addresses
from services.operations.use_cases.await_claims import await_claims
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, RunningPlatform, run_platform
from services.operations.use_cases.take_cut import Deployment, take_cut
from services.operations.use_cases.verify_deployment import Ground, verify
from tests.chaos.faults import FAULTS, World
from tests.chaos.insistent_hospitals import InsistentHospitals
from tests.chaos.replayed_deliveries import Redeliverer

CHECKOUT = Path(__file__).parents[2]
REST_SECONDS = 240.0
# Roots are published when a day is over, which no drill waits for.
CHECKS = ("chains", "receipts", "money", "bank", "insurers", "projections")
SKEWED_SECONDS = 37.0
#: Nobody decides without the bureau's records here: which claims would is chance, and compared below.
PATIENT = {
    "HUIJI_RECORDS_ATTEMPTS": "1000",
    "HUIJI_ANSWER_SECONDS": "900",
    "HUIJI_RECORDS_WITHIN_SECONDS": "800",
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Drill:
    """What to send and how long to disturb it; the same seed draws the same people, bills and faults.

    `fewest_faults` happen while claims are under way, however long each of them takes.
    """

    seed: int
    claims: int
    seconds: float
    pause_between_faults: tuple[float, float] = (0.5, 3.0)
    fewest_faults: int = 6
    broker: BrokerKind = "embedded"

    @property
    def page(self) -> int:
        """Claims sent at a time: few enough that a page is left for each fault that there is time for."""
        faults = int(self.seconds / (sum(self.pause_between_faults) / 2)) + self.fewest_faults
        return max(1, self.claims // (faults + 1))


@dataclass
class Outcome:
    """What a platform came to: per claim what was decided and paid, and what the checks of the deployment say."""

    claims: Mapping[str, tuple[Any, ...]]
    checks: list[Checked] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    faults_under_load: int = 0
    tries: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One that happened; `under_load`: while claims were under way."""

    kind: str
    under_load: bool


def load_of(drill: Drill) -> tuple[list[Submission], tuple[Resident, ...]]:
    """The discharges and the people of a drill."""
    plan_ids = sorted(CITIES.keys() & load_plans().keys())
    population = Population(drill.seed, plan_ids, max(20, drill.claims // 2))
    generated = discharges(drill.seed, plan_ids, population, 0)
    submissions = [next(generated) for _ in range(drill.claims)]
    return submissions, tuple(Resident(one.person, one.coverage) for one in population)


def live(drill: Drill, directory: Path, say: Say, *, disturbed: bool) -> Outcome:
    """One platform from nothing to rest. Quiet: nothing is disturbed."""
    submissions, residents = load_of(drill)
    began = time.monotonic()
    proxies: list[PostgresProxy] = []

    def told(service: str, database_url: str) -> Mapping[str, str]:
        environment = {**PATIENT}
        if disturbed:
            if not proxies:
                proxies.append(PostgresProxy(database_url))
                proxies[0].__enter__()
            environment["HUIJI_DATABASE_URL"] = proxies[0].url
            if service in ("fraud", "payout"):
                offset = SKEWED_SECONDS if service == "fraud" else -SKEWED_SECONDS
                environment["HUIJI_CLOCK_OFFSET_SECONDS"] = str(offset)
        return environment

    plan = PlatformPlan(directory, CHECKOUT, broker=drill.broker, usual_ports=False, told=told)
    with run_platform(plan, _restarts(say)) as running:
        addresses = running.platform.addresses
        hospitals = InsistentHospitals(addresses, residents, submissions, drill.page)
        hospitals.start()
        faults: list[Fault] = []
        if disturbed:
            redeliverer = Redeliverer(addresses.kafka)
            world = World(running.processes, proxies[0], redeliverer, Random(drill.seed))
            faults = _disturb(world, running, hospitals, drill, say)
        hospitals.let_go(hospitals.held_back)
        _await(running, hospitals.done.is_set, "hospitals have sent everything")
        hospitals.finish()
        _come_to_rest(running, addresses, len(submissions), say)
        outcome = Outcome(
            claims_of(addresses),
            faults=Counter(fault.kind for fault in faults),
            faults_under_load=sum(fault.under_load for fault in faults),
            tries=hospitals.tries,
        )
        outcome.checks = _verify(running, directory, say)
    for proxy in proxies:
        proxy.__exit__(None, None, None)
    outcome.seconds = time.monotonic() - began
    return outcome


def _restarts(say: Say) -> Callable[[str, PartState], None]:
    """Says which part has ended by itself or by a fault, and is started again."""

    def on_change(name: str, state: PartState) -> None:
        if state == "ended":
            say(f"         {name} has ended and is started again")

    return on_change


def _disturb(
    world: World, running: RunningPlatform, hospitals: InsistentHospitals, drill: Drill, say: Say
) -> list[Fault]:
    """Faults from the first accepted claims on, each while a page is sent, while there are pages and time."""
    hospitals.let_go()
    _await(running, lambda: hospitals.sent > 0 or hospitals.done.is_set(), "the first claims are accepted")
    faults: list[Fault] = []
    kinds, weights = list(FAULTS), list(FAULTS.values())
    began = time.monotonic()

    def enough() -> bool:
        in_time = time.monotonic() - began < drill.seconds
        return not in_time and sum(fault.under_load for fault in faults) >= drill.fewest_faults

    while hospitals.held_back and not enough():
        pause_until = time.monotonic() + world.rng.uniform(*drill.pause_between_faults)
        while time.monotonic() < pause_until:
            running.processes.tend()
            time.sleep(0.05)
        (fault,) = world.rng.choices(kinds, weights)
        hospitals.let_go()
        _await(running, lambda: hospitals.under_way or hospitals.done.is_set(), "claims are under way")
        under_load = hospitals.under_way
        happened = fault(world)
        if happened is not None:
            faults.append(Fault(fault.__name__, under_load))
            say(f"{time.monotonic() - began:5.1f} s  {happened} ({hospitals.sent} claims sent)")
    world.settle()
    world.proxy.go_on()
    return faults


def _await(running: RunningPlatform, fact: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + REST_SECONDS
    while not fact():
        running.processes.tend()
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {REST_SECONDS:.0f} s: {what}")
        time.sleep(0.1)


def _come_to_rest(running: RunningPlatform, addresses: Addresses, claims: int, say: Say) -> None:
    def all_ready() -> bool:
        return all(_is_ready(url) for url in addresses.services.values())

    _await(running, all_ready, "every service is ready again")
    say("every service is ready again")

    async def rest() -> None:
        async with City(addresses) as city:
            await await_claims(city.summary, claims, patience_seconds=REST_SECONDS)

    asyncio.run(rest())


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def claims_of(addresses: Addresses) -> dict[str, tuple[Any, ...]]:
    """What every claim came to, without ids of people, whose key is each platform's own."""

    async def read() -> dict[str, tuple[Any, ...]]:
        connection = await asyncpg.connect(addresses.database_url)
        try:
            rows = await connection.fetch(
                "select claim_id, status, plan_id, plan_pays_fen, cash_fen, patient_fen, settled_fen, pend_reasons"
                " from projections.claim_status"
            )
        finally:
            await connection.close()
        return {row["claim_id"]: tuple(row.values())[1:] for row in rows}

    return asyncio.run(read())


def _verify(running: RunningPlatform, directory: Path, say: Say) -> list[Checked]:
    addresses = running.platform.addresses
    deployment = Deployment(
        RunningAt(addresses.services, addresses.bureau_url, addresses.bank_url, addresses.master_key_file),
        addresses.database_url,
        addresses.bank_url,
    )
    cut = take_cut(deployment, directory / "cut", datetime.now(UTC), lambda _events: None)
    ground = Ground(cut, addresses.database_url, addresses.services, addresses.bank_url)
    checked = [verify(ground, check, lambda _done, _total: None) for check in CHECKS]
    for each in checked:
        counted = ", ".join(f"{amount} {what.replace('_', ' ')}" for what, amount in each.counted.items())
        say(f"{each.check}: {each.status} ({counted})")
    return checked
