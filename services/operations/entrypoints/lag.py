"""`huiji lag`: who is how far behind whom."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, local, print_json, print_table
from services.operations.use_cases.lag import Lag, measure_lag

_COLUMNS = ("consumer", "source", "events", "waits for s", "heard to")


def lag(
    at_most: Annotated[
        float | None, typer.Option(min=0, help="End with status 1 when an event waits longer, in seconds.")
    ] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """How far each service is behind its sources, by the tables: also when it hangs or does not run."""
    with reaching():
        found = asyncio.run(measure_lag(find_platform(platform).database()))
    now = datetime.now(UTC)
    if as_json:
        print_json([asdict(one) | {"waits_seconds": _waits(one, now)} for one in found])
    else:
        rows = [
            (
                one.consumer, one.source, one.events, f"{_waits(one, now):.1f}",
                local(one.heard_to),
            )
            for one in found
        ]  # fmt: skip
        print_table(_COLUMNS, rows, right=("events", "waits for s"))
    if at_most is not None and any(_waits(one, now) > at_most for one in found):
        raise typer.Exit(NO)


def _waits(one: Lag, now: datetime) -> float:
    return (now - one.waiting_since).total_seconds() if one.waiting_since else 0.0
