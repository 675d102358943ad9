"""`huiji pool PLAN`: a plan's pool now, as it was, or as it was known."""

import asyncio
from typing import Annotated

import typer

from libs.money import format_yuan
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import At, KnownAt, moment_of
from services.operations.entrypoints.output import AsJson, console, print_json, warn
from services.operations.use_cases.pool_at import pool_at


def pool(
    plan_id: Annotated[str, typer.Argument(help="The plan's id.")],
    at: At = None,
    known_at: KnownAt = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Premiums, decisions, payments, ledger and insurers' parts of a plan. Reads the logs; names nobody."""
    moment = moment_of(at, known_at)
    with reaching(), bar() as progress:
        task = progress.add_task("reading", total=None)
        found = asyncio.run(
            pool_at(
                find_platform(platform),
                plan_id,
                moment,
                on_total=lambda events: progress.update(task, total=events),
                on_page=lambda events: progress.advance(task, events),
            )
        )
    if as_json:
        print_json(found)
    else:
        for name, value in found.items():
            if isinstance(value, dict):
                for part, amount in value.items():
                    shown = f"{format_yuan(amount)} yuan" if name.endswith("_fen") else amount
                    console().print(
                        f"{name.removesuffix('_fen')} {part}: {shown}", markup=False, soft_wrap=True
                    )
            elif value is not None:
                shown = f"{format_yuan(value)} yuan" if name.endswith("_fen") else value
                console().print(f"{name.removesuffix('_fen')}: {shown}", markup=False, soft_wrap=True)
    if not (found["coverages"] or found["decisions"] or found["moved_fen"]):
        warn(f"nothing is recorded of plan {found['plan_id']} by then")
        raise typer.Exit(NO)
