"""`make bench`: claims per second and latency of the whole platform, replay, and what a claim costs as history grows.

Everything is durable (fsync on). Rates on other machines differ; the ratios to floors of the same run are what to
compare. Histories beyond 10,000 claims are multiplied of what was sent (multiplied.py): `--history 100000` takes some
minutes and 4 GB more, `1000000` half an hour more and 36 GB.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from itertools import islice
from time import sleep

import asyncpg
from rich.console import Console

from libs.interop.submission import Submission
from services.operations.adapters.city import City
from services.operations.domain.topology import SHARDS
from services.operations.entrypoints.places import CHECKOUT
from services.operations.entrypoints.progress import StartProgress
from services.operations.use_cases.forget import forget
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, RunningPlatform, run_platform
from tests.benchmarks.cohorts import Cohorts, People
from tests.benchmarks.floors import measure_floors
from tests.benchmarks.history import LONGEST_SENT, MEASURED, AtSize, Newcomers, grow
from tests.benchmarks.history import WARM_UP as NEWCOMERS_WARM_UP
from tests.benchmarks.long_history import measure_long_history
from tests.benchmarks.machine import Others, describe_machine
from tests.benchmarks.rebuilding import rebuilding
from tests.benchmarks.replay import replay_of
from tests.benchmarks.report import PACES, Findings, OnBroker, report

BENCH = CHECKOUT / ".huiji" / "bench"
DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
WARM_UP = 300
FEWEST_PEOPLE = 30_000
LOOK_AROUND_SECONDS = 3.0


def main() -> None:
    """Run the benchmark and write docs/benchmarks.md."""
    options = _options()
    console = Console()
    around = Others({})
    sleep(LOOK_AROUND_SECONDS)
    busy = around.share()
    command = " ".join(["python -m tests.benchmarks", *sys.argv[1:]])
    found = Findings(f"{datetime.now(UTC):%Y-%m-%d}", [command], describe_machine(), "", busy)
    plans = {broker: PlatformPlan(BENCH / broker, CHECKOUT, broker=broker) for broker in options.brokers}
    for broker, plan in plans.items():
        forget(plan.directory)
        with run_platform(plan, StartProgress(console)) as running:
            alone = broker == options.brokers[0]
            asyncio.run(_Run(options, console, found, broker).measure(running, alone=alone))
    _write(found, options)
    if options.history >= LONGEST_SENT:
        # Last, and written before: it takes longer than all the rest.
        first = plans[options.brokers[0]]
        found.growth += measure_long_history(first, options.history, console, console.print)
        _write(found, options)
    console.print(report(found), highlight=False, markup=False, soft_wrap=True)


def _write(found: Findings, options: argparse.Namespace) -> None:
    if not options.dry:
        DOCUMENT.write_text(report(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=3_000, help="paid claims of the saturated run")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each paced run")
    parser.add_argument(
        "--history", type=int, default=10_000, help="claims that the history grows to; 0: none"
    )
    parser.add_argument(
        "--brokers", nargs="+", choices=("embedded", "apache"), default=["embedded", "apache"]
    )
    parser.add_argument("--dry", action="store_true", help="do not write docs/benchmarks.md")
    return parser.parse_args()


class _Run:
    """One platform's measurements, noted in `found`."""

    def __init__(
        self, options: argparse.Namespace, console: Console, found: Findings, broker: BrokerKind
    ) -> None:
        self._options = options
        self._console = console
        self._found = found
        self._broker = broker
        # Claims of one person wait for each other, so a long history needs as many people.
        self._people = People(max(FEWEST_PEOPLE, min(options.history, LONGEST_SENT)))

    async def measure(self, running: RunningPlatform, *, alone: bool) -> None:
        """The live path; on the first platform replay and growth, too (`alone`: they ask nothing of the broker)."""
        addresses = running.platform.addresses
        if not self._found.postgres:
            database = await asyncpg.connect(addresses.database_url)
            self._found.postgres = (await database.fetchval("show server_version")).split()[0]
            await database.close()
        self._say(f"{self._broker}: floors …")
        floors = await measure_floors(addresses.database_url, addresses.kafka)
        submissions = self._people.paid_claims()
        async with City(addresses, parallel_requests=8) as city:
            await city.enrol(self._people.residents())
            cohorts = Cohorts(city, running.platform, running.processes.process_ids())

            async def settled(count: int) -> list[Submission]:
                taken = list(islice(submissions, count))
                assert len(taken) == count, (
                    f"the claims of {FEWEST_PEOPLE} people are too few for this machine"
                )
                await city.settle(taken)
                return taken

            await cohorts.send(await settled(WARM_UP))
            sent = WARM_UP
            first: AtSize | None = None
            newcomers = Newcomers(city, cohorts)
            if alone and self._options.history:
                # Starting and ending cost the same for few claims as for many: sizes compare in cohorts of one size.
                self._say(f"{MEASURED} claims at once …")
                first = await newcomers.measure(sent, sent)
                sent += NEWCOMERS_WARM_UP + MEASURED
            self._say(f"{self._options.claims} claims at once …")
            saturated = await cohorts.measure(await settled(self._options.claims))
            on_broker = OnBroker(self._broker, floors, saturated, [])
            sent += self._options.claims
            for share in PACES:
                rate = saturated.claims_per_second * share
                self._say(f"at {rate:.0f} claims/s …")
                count = int(rate * self._options.seconds)
                on_broker.paced.append((share, await cohorts.measure(await settled(count), rate)))
                sent += count
            if alone:
                rate = saturated.claims_per_second * PACES[0]
                self._say(f"at {rate:.0f} claims/s beside a rebuild …")
                count = int(rate * self._options.seconds)
                taken = await settled(count)
                async with rebuilding(addresses.database_url):
                    on_broker.beside_rebuild = await cohorts.measure(taken, rate)
                sent += count
            self._found.brokers.append(on_broker)
            if first is not None:
                self._found.growth = [first]
                if self._options.history >= LONGEST_SENT:
                    self._say(f"history up to {LONGEST_SENT} claims …")
                    await grow(cohorts, sent, settled)
        if alone:
            self._say("replay …")
            self._found.replay = await replay_of(addresses.database_url, SHARDS)

    def _say(self, what: str) -> None:
        self._console.print(what, highlight=False)


if __name__ == "__main__":
    main()
