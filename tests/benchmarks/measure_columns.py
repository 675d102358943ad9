"""How fast a year of bills is evaluated by column, as a ratio to reading the same columns, and to the engine.

Run it as `python -m tests.benchmarks.measure_columns [--bills N]`. The bills are the synthetic city's, dealt out again
under new accounts until there are enough: every account is a person's year, lines and all.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from libs.benefits import Bill, BillLine, Case, Member, evaluate, load_plans
from libs.benefits_columnar import columns_of, evaluate_columns
from libs.benefits_columnar.columns import LINE
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges

PLAN = "weifang-2022"
SEED_BILLS = 20_000
CHUNK_ACCOUNTS = 50_000
"""Accounts evaluated at once: bounds the memory of a million bills with their lines."""
_ENGINE_SAMPLE = 2_000


def main() -> None:
    """Print bills per second and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=1_000_000)
    options = parser.parse_args()
    accounts = _year()
    with tempfile.TemporaryDirectory() as directory:
        chunks = _dealt_out(accounts, options.bills, Path(directory))
        bills = sum(count for _, count, _ in chunks)
        lines = sum(count for _, _, count in chunks)
        held = _peak_mib()
        read = _timed(lambda: [len(_read(path)) for path, _, _ in chunks])
        plan = load_plans()[PLAN]
        both = _timed(lambda: [evaluate_columns(plan, *_read(path)).plan_pays.sum() for path, _, _ in chunks])
    engine_bills, engine = _by_engine(accounts[:_ENGINE_SAMPLE])
    evaluated = Spent(both.seconds - read.seconds, both.processor_seconds - read.processor_seconds)
    per_engine = engine.processor_seconds / engine_bills
    sys.stdout.write(
        f"{bills:,} bills with {lines:,} lines under {PLAN}\n"
        f"read (Parquet): {read.seconds:.1f} s, {bills / read.seconds:,.0f} bills/s (floor);"
        f" {read.processor_seconds:.1f} s of processor\n"
        f"evaluate by column: {evaluated.seconds:.1f} s, {bills / evaluated.seconds:,.0f} bills/s,"
        f" {evaluated.seconds / read.seconds:.1f} x the floor's time;"
        f" {evaluated.processor_seconds:.1f} s of processor,"
        f" {evaluated.processor_seconds / read.processor_seconds:.1f} x the floor's\n"
        f"evaluate by the engine: {1 / per_engine:,.0f} bills/s and core without explanation,"
        f" {per_engine * bills / evaluated.processor_seconds:.0f} x the processor time by column\n"
        f"memory: {_peak_mib():,} MiB at most, {held:,} MiB before the first chunk of {CHUNK_ACCOUNTS:,} accounts\n"
    )


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of all cores' work."""

    seconds: float
    processor_seconds: float


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _year() -> list[tuple[Member, list[Bill]]]:
    population = Population(1, [PLAN], SEED_BILLS // 4)
    by_person: dict[str, list[Submission]] = {}
    for submission in islice(discharges(1, [PLAN], population), SEED_BILLS):
        by_person.setdefault(submission.person.id_number, []).append(submission)
    coverages = {insured.person.id_number: insured.coverage for insured in population}
    accounts = []
    for person, submissions in by_person.items():
        coverage = coverages[person]
        member = Member(
            scheme=coverage.scheme,
            pre_existing=coverage.pre_existing,
            continuous_years=coverage.continuous_years,
            claim_free_years=coverage.claim_free_years,
            groups=coverage.groups,
            age=submissions[0].visit.age_years,
            cover_start=coverage.covered_from,
        )
        ordered = sorted(submissions, key=lambda one: one.visit.admitted_on)
        accounts.append((member, [_bill(one) for one in ordered]))
    return accounts


def _bill(submission: Submission) -> Bill:
    settlement, visit = submission.settlement, submission.visit
    return Bill(
        visit="inpatient" if visit.kind == "inpatient" else "outpatient",
        service_date=visit.admitted_on,
        admission_date=visit.admitted_on,
        discharge_date=visit.discharged_on,
        total_fen=settlement.total_fen,
        first_pay_fen=settlement.first_pay_fen,
        over_limit_fen=settlement.over_limit_fen,
        self_funded_fen=settlement.self_funded_fen,
        in_scope_fen=settlement.in_scope_fen,
        paid_fen={"basic": settlement.pool_fen, "assistance": settlement.assistance_fen},
        lines=tuple(
            BillLine(
                category="drug" if "drug" in line.category else "other",
                amount_fen=line.amount_fen,
                first_pay_fen=line.first_pay_fen,
                over_limit_fen=line.over_limit_fen,
                self_funded_fen=line.self_funded_fen,
                code=line.code,
                name=line.name,
                site=visit.hospital_id,
            )
            for line in submission.lines
        ),
    )


def _dealt_out(
    accounts: list[tuple[Member, list[Bill]]], wanted: int, directory: Path
) -> list[tuple[Path, int, int]]:
    """Chunks of whole accounts on disk until there are `wanted` bills: (path, bills, lines) of each."""
    bills, lines = columns_of(accounts)
    chunks: list[tuple[Path, int, int]] = []
    have = 0
    while have < wanted:
        path = directory / f"{len(chunks):04d}"
        copies = min(max(1, CHUNK_ACCOUNTS // len(accounts)), -(-(wanted - have) // bills.height))
        some = pl.concat(
            [
                bills.with_columns(pl.col("account") + pl.lit(n * len(accounts), pl.UInt32))
                for n in range(copies)
            ]
        )
        their = pl.concat(
            [lines.with_columns(pl.col("bill") + pl.lit(n * bills.height, pl.UInt32)) for n in range(copies)]
        )
        some.write_parquet(path.with_suffix(".bills"))
        their.select(list(LINE)).write_parquet(path.with_suffix(".lines"))
        chunks.append((path, some.height, their.height))
        have += some.height
    return chunks


def _read(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.read_parquet(path.with_suffix(".bills")), pl.read_parquet(path.with_suffix(".lines"))


def _by_engine(accounts: list[tuple[Member, list[Bill]]]) -> tuple[int, Spent]:
    plan = load_plans()[PLAN]
    cases = [Case(member=member, bills=tuple(bills)) for member, bills in accounts]
    spent = _timed(lambda: [evaluate(plan, case).plan_pays_fen for case in cases])
    return sum(len(case.bills) for case in cases), spent


def _timed(work: Callable[[], object]) -> Spent:
    begun, worked = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begun, time.process_time() - worked)


if __name__ == "__main__":
    main()
