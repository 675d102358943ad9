"""`huiji clocks`: for whom claims waited, over all of them; `huiji claim ID --clocks` says it of one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.operations.domain.causal_order import Step
from services.operations.domain.clocks import HEARD, Interval, Turn, by_party, clocks, figures
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table
from services.operations.use_cases.read_clocks import read_clocks


def clocks_command(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Per party, for how many claims one waited for it and how long. Reads the logs; names nobody."""
    with reaching(), bar() as progress:
        task = progress.add_task("reading", total=None)
        found = asyncio.run(
            read_clocks(
                find_platform(platform),
                datetime.now(UTC),
                lambda events: progress.update(task, total=events),
                lambda events: progress.advance(task, events),
            )
        )
    rows = figures(list(found.values()))
    if as_json:
        print_json({"claims": len(found), "parties": rows})
        return
    names = ("total_seconds", "median_seconds", "p90_seconds")
    table = [(row["party"], row["claims"], *(duration(row[name]) for name in names)) for row in rows]
    print_table(("waited for", "claims", "together", "median", "90 %"), table, right=("claims",))
    console().print(f"{len(found)} claims; at every moment a claim waits for one party or for nobody.")


def clocks_of_steps(steps: Sequence[Step], now: datetime) -> list[Interval]:
    """Of one claim, from its events as services answer them, in causal order."""
    turns = [
        Turn(datetime.fromisoformat(step["recorded_at"]), step["source"], step["type"], step["event"])
        for step in steps
        if step["type"] in HEARD.get(step["source"], ())
    ]
    return clocks(turns, now)


def print_clocks(intervals: Sequence[Interval]) -> None:
    """When whose turn it was, and the sum for each party."""
    rows = [
        (
            local(each.begin),
            each.party or "nobody",
            duration(each.seconds),
        )
        for each in intervals
    ]
    print_table(("from", "waited for", "how long"), rows)
    for party, total in by_party(intervals).items():
        console().print(f"{party}: {duration(total.total_seconds())}")


def duration(seconds: float) -> str:
    """A time as people read it."""
    if seconds < 60:
        return f"{seconds:.3f} s"
    return str(timedelta(seconds=round(seconds)))
