"""`huiji pool PLAN`: a plan's pool now, as it was, or as it was known."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from libs.money import format_yuan
from services.operations.adapters.histories import Moment
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
    found = read_pool(platform, plan_id, moment_of(at, known_at))
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
    if not anything_of(found):
        warn(f"nothing is recorded of plan {found['plan_id']} by then")
        raise typer.Exit(NO)


def read_pool(platform: PlatformFile, plan_id: str, moment: Moment) -> dict[str, Any]:
    """The pool at a moment, with a bar while the logs are read; ends the command when they cannot be."""
    with reaching(), bar() as progress:
        task = progress.add_task("reading", total=None)
        return asyncio.run(
            pool_at(
                find_platform(platform),
                plan_id,
                moment,
                on_total=lambda events: progress.update(task, total=events),
                on_page=lambda events: progress.advance(task, events),
            )
        )


def anything_of(pool: Mapping[str, Any]) -> bool:
    """Whether anybody was covered, anything decided or moved."""
    return bool(pool["coverages"] or pool["decisions"] or pool["moved_fen"])
