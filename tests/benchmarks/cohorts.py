"""Groups of claims sent through a running platform, and how long each took from discharge to settled payment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter
from typing import TypeVar

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

SEED = 77
PEOPLE = 20_000
# Above every deductible of the bundled plans, so that (nearly) every claim is paid and goes all the way.
PERSONAL_AT_LEAST_FEN = 5_000_000
PACED_ARRAY = 5

Amounts = TypeVar("Amounts", bound=Model)

_PLANS = sorted(CITIES.keys() & load_plans().keys())
_POPULATION = Population(SEED, _PLANS, PEOPLE)


@dataclass(frozen=True)
class Cohort:
    """What was measured; `claims_per_second` counts settled payments from the first discharge to the last booking."""

    claims_per_second: float
    events_per_second: float
    median_seconds: float
    p99_seconds: float


def residents() -> list[Resident]:
    """Everyone who may have a claim."""
    return [Resident(one.person, one.coverage) for one in _POPULATION]


def paid_claims(count: int) -> list[Submission]:
    """Local inpatient discharges, their bills multiplied until the patient bears enough for a plan to pay."""
    stays = (
        one
        for one in discharges(SEED, _PLANS, _POPULATION)
        if one.visit.kind == "inpatient"
        and one.visit.place == "local"
        and one.settlement.personal_total_fen > 0
    )
    return [_multiplied(stay) for stay in islice(stays, count)]


def _multiplied(stay: Submission) -> Submission:
    """Every amount times the same number: the identities of a settlement are linear and keep holding."""
    times = -(-PERSONAL_AT_LEAST_FEN // stay.settlement.personal_total_fen)

    def multiply(part: Amounts) -> Amounts:
        fen = {name: value * times for name, value in part if name.endswith("_fen")}
        return part.model_copy(update=fen)

    settlement, lines = multiply(stay.settlement), tuple(multiply(line) for line in stay.lines)
    return stay.model_copy(update={"settlement": settlement, "lines": lines})


async def warm_up(city: City, submissions: Sequence[Submission]) -> None:
    """The first claims pay for connections and caches."""
    await city.send_settlements(submissions)
    await await_claims(city.summary, len(submissions))


async def measure_saturated(city: City, platform: Platform, submissions: Sequence[Submission]) -> Cohort:
    """All at once: the platform is the bottleneck."""
    return await _measure(city, platform, submissions, rate=None)


async def measure_paced(
    city: City, platform: Platform, submissions: Sequence[Submission], rate: float
) -> Cohort:
    """Small arrays at a steady rate of claims per second."""
    return await _measure(city, platform, submissions, rate)


async def _measure(
    city: City, platform: Platform, submissions: Sequence[Submission], rate: float | None
) -> Cohort:
    already = (await city.summary())["claims"]
    database = await asyncpg.connect(platform.addresses.database_url)
    events_before, began_at, began = await _events(database), datetime.now(UTC), perf_counter()
    if rate is None:
        await city.send_settlements(submissions)
    else:
        await _send_paced(city, submissions, rate)
    await await_claims(city.summary, already + len(submissions))
    events, seconds = await _events(database) - events_before, perf_counter() - began
    row = await database.fetchrow(
        "select count(settled_at) as settled, extract(epoch from max(settled_at) - min(received_at)) as span,"
        " percentile_cont(0.5) within group (order by extract(epoch from settled_at - received_at)) as median,"
        " percentile_cont(0.99) within group (order by extract(epoch from settled_at - received_at)) as p99"
        " from projections.claim where received_at >= $1",
        began_at,
    )
    await database.close()
    assert row is not None, "an aggregate has a row"
    return Cohort(
        row["settled"] / float(row["span"]), events / seconds, float(row["median"]), float(row["p99"])
    )


async def _send_paced(city: City, submissions: Sequence[Submission], rate: float) -> None:
    began = perf_counter()
    sending = []
    for start in range(0, len(submissions), PACED_ARRAY):
        await asyncio.sleep(max(0.0, began + start / rate - perf_counter()))
        sending.append(asyncio.ensure_future(city.send_settlements(submissions[start : start + PACED_ARRAY])))
    await asyncio.gather(*sending)


async def _events(database: asyncpg.Connection) -> int:
    schemas = [service.name for service in SERVICES]
    counts = [await database.fetchval(f'select sum(position) from "{schema}".shard') for schema in schemas]
    return int(sum(count or 0 for count in counts))
