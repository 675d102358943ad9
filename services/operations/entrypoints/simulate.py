"""`huiji simulate`: any number of discharges at any rate, the same for the same seed; a city's hospitals for a load."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.city import City
from services.operations.adapters.credentials import operator_token
from services.operations.domain.errors import OperationsError
from services.operations.domain.topology import Addresses
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO, WRONG_CALL
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import refuse
from services.operations.use_cases.simulate import Load, TooFewPeople, send_load, write_load


def simulate(
    count: Annotated[int, typer.Option(min=1, help="Discharges to send.")] = 100,
    rate: Annotated[
        float, typer.Option(min=0, help="Discharges per second; 0 sends as fast as it is taken.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and discharges.")] = 1,
    people: Annotated[
        int | None, typer.Option(min=1, help="How many people; else a fifth of the count.")
    ] = None,
    fraud_bp: Annotated[
        int, typer.Option(min=0, max=10_000, help="Share of suspicious visits, basis points.")
    ] = 0,
    correct_bp: Annotated[
        int, typer.Option(min=0, max=10_000, help="Share that hospitals correct afterwards, basis points.")
    ] = 0,
    cancel_bp: Annotated[
        int, typer.Option(min=0, max=10_000, help="Share that hospitals cancel afterwards, basis points.")
    ] = 0,
    enrol: Annotated[bool, typer.Option(help="Enrol the people first.")] = True,
    write: Annotated[
        Path | None, typer.Option(help="Write the national settlements as NDJSON to a file and send nothing.")
    ] = None,
    platform: PlatformFile = None,
) -> None:
    """Send generated discharges to a running platform, or write them to a file."""
    size = people or max(50, count // 5)
    load = Load(seed, count, size, fraud_bp, rate, enrol, correct_bp, cancel_bp)
    console = Console(stderr=True)
    try:
        if write is not None:
            console.print(f"{write_load(load, write)} settlements written to {write}")
            return
        with reaching():
            running = find_platform(platform)
            asyncio.run(_send(load, running))
    except TooFewPeople as error:
        refuse(str(error), WRONG_CALL)
    except OperationsError as error:
        refuse(str(error), NO)


def _addresses(running: RunningAt) -> Addresses:
    """By HTTP alone: a platform elsewhere says nothing of its database, broker and keys."""
    return Addresses(
        database_url="",
        kafka="",
        services=running.services,
        bureau_url=running.bureau_url or "",
        bank_url="",
        master_key_file=Path(),
        staff_file=running.staff_file,
        hospital_callers_file=running.hospital_callers_file,
        service_callers_file=running.service_callers_file,
    )


async def _send(load: Load, running: RunningAt) -> None:
    async with City(_addresses(running), staff_token=operator_token(running)) as city:
        with bar() as progress:
            task = progress.add_task("discharges sent", total=load.count)
            await send_load(city, load, lambda sent: progress.update(task, completed=sent))
