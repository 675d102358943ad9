"""`make bench`: claims per second and latency of the whole platform, as ratios to floors measured in the same run.

Everything is durable (fsync on). Rates on other machines differ; the ratios are what to compare.
"""

import argparse
import asyncio
import platform as machine
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from services.operations.adapters.city import City
from services.operations.domain.platform import Platform
from services.operations.entrypoints.places import CHECKOUT
from services.operations.entrypoints.progress import StartProgress
from services.operations.use_cases.forget import forget
from services.operations.use_cases.run_platform import PlatformPlan, run_platform
from tests.benchmarks.cohorts import Cohort, measure_paced, measure_saturated, paid_claims, residents, warm_up
from tests.benchmarks.floors import Floors, measure_floors

BENCH = CHECKOUT / ".huiji" / "bench"


def main() -> None:
    """Run the benchmark and print its table; `--write` keeps it in docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=2_000, help="paid claims of the saturated run")
    parser.add_argument("--broker", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    console = Console()
    forget(BENCH)
    plan = PlatformPlan(BENCH, CHECKOUT, broker=options.broker)
    with run_platform(plan, StartProgress(console)) as running:
        text = asyncio.run(_measure(running.platform, options.claims, options.broker, console))
    console.print(text, highlight=False, markup=False)
    if options.write:
        (CHECKOUT / "docs" / "benchmarks.md").write_text(text)


async def _measure(platform: Platform, claims: int, broker: str, console: Console) -> str:
    console.print("floors …")
    floors = await measure_floors(platform.addresses.database_url, platform.addresses.kafka)
    console.print("generating claims that pay …")
    submissions = paid_claims(claims + claims // 2 + 200)
    async with City(platform.addresses, parallel_requests=8) as city:
        await city.enrol(residents())
        await city.settle(submissions)
        await warm_up(city, submissions[:200])
        console.print(f"{claims} claims at once …")
        saturated = await measure_saturated(city, platform, submissions[200 : 200 + claims])
        rate = saturated.claims_per_second / 2
        console.print(f"at half of {saturated.claims_per_second:.0f} claims/s …")
        half = await measure_paced(city, platform, submissions[200 + claims :], rate)
    return _report(floors, saturated, half, broker)


def _report(floors: Floors, saturated: Cohort, half: Cohort, broker: str) -> str:
    rows = [
        "# Benchmarks",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench` on {_cores()} cores ({machine.machine()}), everything",
        f"on that machine: PostgreSQL (fsync on), the {broker} broker, bureau, bank, eight services, and the sender.",
        "Ratios are to floors of the same run.",
        "",
        "| | | ratio to floor |",
        "| --- | --- | --- |",
        f"| floor: raw batched insert | {floors.inserts_per_second:,.0f} events/s | |",
        f"| floor: raw Kafka produce | {floors.produced_per_second:,.0f} messages/s | |",
        f"| floor: raw Kafka consume | {floors.consumed_per_second:,.0f} messages/s | |",
        f"| claims, discharge to settled payment | {saturated.claims_per_second:,.0f} claims/s | |",
        f"| events appended meanwhile | {saturated.events_per_second:,.0f} events/s"
        f" | {saturated.events_per_second / floors.inserts_per_second:.3f} of raw insert |",
        f"| the same, to raw produce | | {saturated.events_per_second / floors.produced_per_second:.3f} |",
        f"| the same, to raw consume | | {saturated.events_per_second / floors.consumed_per_second:.3f} |",
        f"| at half of that rate ({half.claims_per_second:,.0f}/s): median | {half.median_seconds:.3f} s | |",
        f"| at half of that rate: 99th percentile | {half.p99_seconds:.3f} s | |",
        f"| saturated: median | {saturated.median_seconds:.3f} s | |",
        f"| saturated: 99th percentile | {saturated.p99_seconds:.3f} s | |",
        "",
    ]
    return "\n".join(rows)


def _cores() -> int:
    return len(
        [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")]
    )


if __name__ == "__main__":
    main()
