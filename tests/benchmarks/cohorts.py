"""Groups of claims sent through a running platform, and how long each took from discharge to settled payment."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, TypeVar

import asyncpg

from libs.benefits import load_plans
from libs.contracts import Model
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges
from libs.synthetic.cities import CITIES
from services.operations.adapters.city import City, Resident
from services.operations.domain.platform import Platform
from services.operations.domain.topology import SERVICES
from services.operations.use_cases.await_claims import await_claims
from tests.benchmarks.machine import Others
from tests.benchmarks.pages import Pages, pages_of
from tests.benchmarks.processor_time import Autovacuum, processor_seconds

SEED = 77
# Above every deductible of the bundled plans, so that (nearly) every claim is paid and goes all the way.
PERSONAL_AT_LEAST_FEN = 5_000_000
PACED_ARRAY = 5

Amounts = TypeVar("Amounts", bound=Model)

_PLANS = sorted(CITIES.keys() & load_plans().keys())


@dataclass(frozen=True)
class Cohort:
    """What was measured; `claims_per_second` counts settled payments from the first discharge to the last booking.

    `processor_ms_per_claim` by process, with what it has started; of PostgreSQL's `autovacuum_ms_per_claim` went into
    sweeping and analysing tables. `pages_per_claim` counts what a busy machine does not change. `others_share` is what
    others took of the machine.
    """

    claims_per_second: float
    events_per_second: float
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float
    processor_ms_per_claim: Mapping[str, float]
    autovacuum_ms_per_claim: float
    pages_per_claim: Pages
    others_share: float


class People:
    """The insured, and the claims of their inpatient stays."""

    def __init__(self, count: int, seed: int = SEED) -> None:
        self._seed = seed
        self._population = Population(seed, _PLANS, count)

    def residents(self) -> list[Resident]:
        """Everyone who may have a claim."""
        return [Resident(one.person, one.coverage) for one in self._population]

    def paid_claims(self) -> Iterator[Submission]:
        """Local inpatient discharges, their bills multiplied until the patient bears enough for a plan to pay."""
        for stay in discharges(self._seed, _PLANS, self._population):
            inpatient = stay.visit.kind == "inpatient" and stay.visit.place == "local"
            if inpatient and stay.settlement.personal_total_fen > 0:
                yield _multiplied(stay)


def _multiplied(stay: Submission) -> Submission:
    """Every amount times the same number: the identities of a settlement are linear and keep holding."""
    times = -(-PERSONAL_AT_LEAST_FEN // stay.settlement.personal_total_fen)

    def multiply(part: Amounts) -> Amounts:
        fen = {name: value * times for name, value in part if name.endswith("_fen")}
        return part.model_copy(update=fen)

    settlement, lines = multiply(stay.settlement), tuple(multiply(line) for line in stay.lines)
    return stay.model_copy(update={"settlement": settlement, "lines": lines})


class Cohorts:
    """Sends cohorts to one platform. `process_ids` by name, of the processes whose time is counted."""

    def __init__(self, city: City, platform: Platform, process_ids: Mapping[str, int]) -> None:
        self._city = city
        self._platform = platform
        self._process_ids = process_ids

    async def send(self, submissions: Sequence[Submission]) -> None:
        """Send and wait for the end, measuring nothing: the first claims pay for connections and caches."""
        database = await self._connect()
        began_at = datetime.now(UTC)
        await self._city.send_settlements(submissions)
        await _at_rest(database, began_at, len(submissions))
        await database.close()

    async def measure(self, submissions: Sequence[Submission], rate: float | None = None) -> Cohort:
        """Send all at once, so that the platform is the bottleneck, or small arrays at `rate` claims per second."""
        database = await self._connect()
        worked_before, events_before = processor_seconds(self._process_ids), await _events(database)
        pages_before = await pages_of(database)
        others, began_at, began = Others(self._process_ids), datetime.now(UTC), perf_counter()
        autovacuum = Autovacuum()
        async with autovacuum.watched(self._process_ids["postgres"]):
            if rate is None:
                await self._city.send_settlements(submissions)
            else:
                await self._send_paced(submissions, rate)
            await _at_rest(database, began_at, len(submissions))
        pages = await pages_of(database)
        events, seconds = await _events(database) - events_before, perf_counter() - began
        worked, others_share = processor_seconds(self._process_ids), others.share()
        row = await database.fetchrow(_LATENCIES, began_at)
        await database.close()
        assert row is not None, "an aggregate has a row"
        p50, p95, p99 = map(float, row["latencies"])
        return Cohort(
            row["settled"] / float(row["span"]),
            events / seconds,
            p50,
            p95,
            p99,
            {
                name: (worked[name] - worked_before[name]) * 1_000 / len(submissions)
                for name in self._process_ids
            },
            autovacuum.seconds * 1_000 / len(submissions),
            pages.since(pages_before, len(submissions)),
            others_share,
        )

    async def _connect(self) -> asyncpg.Connection:
        # A plan for any moment since when claims are counted reads all there are: the last few are found by an index.
        custom_plans = {"plan_cache_mode": "force_custom_plan"}
        return await asyncpg.connect(self._platform.addresses.database_url, server_settings=custom_plans)

    async def _send_paced(self, submissions: Sequence[Submission], rate: float) -> None:
        began = perf_counter()
        sending = []
        for start in range(0, len(submissions), PACED_ARRAY):
            await asyncio.sleep(max(0.0, began + start / rate - perf_counter()))
            array = submissions[start : start + PACED_ARRAY]
            sending.append(asyncio.ensure_future(self._city.send_settlements(array)))
        await asyncio.gather(*sending)


async def _at_rest(database: asyncpg.Connection, began_at: datetime, claims: int) -> None:
    """Wait until so many claims received since then are. Asks for those only: the platform's own summary counts all
    there are, and what that took of processors and of waiting was charged to the claims, more of it with each size.
    """

    async def received_since() -> dict[str, Any]:
        rows = await database.fetch(_STATUSES, began_at)
        by_status = {row["status"]: row["claims"] for row in rows}
        return {"claims": sum(by_status.values()), "by_status": by_status}

    await await_claims(received_since, claims)


_STATUSES = (
    "select status, count(*) as claims from projections.claim_status where received_at >= $1 group by status"
)
_LATENCIES = """
select count(settled_at) as settled, extract(epoch from max(settled_at) - min(received_at)) as span,
       percentile_cont(array[0.5, 0.95, 0.99]) within group (order by extract(epoch from settled_at - received_at))
           as latencies
from projections.claim_status where received_at >= $1
"""


async def _events(database: asyncpg.Connection) -> int:
    schemas = [service.name for service in SERVICES]
    counts = [await database.fetchval(f'select sum(position) from "{schema}".shard') for schema in schemas]
    return int(sum(count or 0 for count in counts))
