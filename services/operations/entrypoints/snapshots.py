"""`huiji snapshots`: what services keep of long streams, so that they need not fold them from the first event."""

import asyncio
from collections.abc import Sequence

import typer

from services.operations.adapters.credentials import proven
from services.operations.adapters.snapshot_tools import (
    NotRebuilt,
    check_all,
    counted_snapshots,
    drop_all,
    rebuild_all,
)
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse

_NONE = "No service has a snapshot now."

snapshots = typer.Typer(no_args_is_help=True, help="Snapshots of long streams' states.")


@snapshots.command("list")
def list_snapshots(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """How many each service keeps, by the version of its fold; fold 0: streams with an amended event, never kept."""
    with reaching():
        counted = asyncio.run(counted_snapshots(find_platform(platform).database()))
    rows = [{"service": service, **row} for service, found in counted.items() for row in found]
    if as_json:
        print_json(rows)
    else:
        counts = ("fold_version", "snapshots", "bytes", "longest")
        _print_by_service(counts, [tuple(row[name] for name in ("service", *counts)) for row in rows])


@snapshots.command()
def check(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Fold every stream of which there is a snapshot from its first event, and compare."""
    with reaching():
        checked = check_all(find_platform(platform).database(), lambda done, total: None)
    if as_json:
        print_json(checked.as_json())
    else:
        for one in checked.findings:
            console().print(
                f"{one.rule}: {one.about} at {one.where}, since {one.since}: {one.sentence}", markup=False
            )
        looked = ", ".join(f"{amount} {what.replace('_', ' ')}" for what, amount in checked.counted.items())
        console().print(f"{checked.status}: {', '.join((looked, *checked.notes))}", markup=False)
    raise typer.Exit(0 if checked.status == "holds" else NO)


@snapshots.command()
def rebuild(by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Fold the streams of which there is a snapshot anew, by the fold of this release, and keep that instead."""
    with reaching():
        running = find_platform(platform)
        proven(running, by, "operator")
        try:
            made = rebuild_all(running.database())
        except NotRebuilt as error:
            refuse(str(error), NO)
    if as_json:
        print_json(made)
    else:
        rows = [(service, counted["rebuilt"], counted["unreadable"]) for service, counted in made.items()]
        _print_by_service(("rebuilt", "unreadable"), rows)


@snapshots.command()
def drop(by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Delete all snapshots. Nothing depends on them; services take new ones when they pass their thresholds."""
    with reaching():
        running = find_platform(platform)
        proven(running, by, "operator")
        dropped = asyncio.run(drop_all(running.database()))
    if as_json:
        print_json(dropped)
    else:
        _print_by_service(("dropped",), list(dropped.items()))


def _print_by_service(counted: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        print_table(("service", *counted), rows, right=counted)
    else:
        console().print(_NONE)
