"""`huiji verify [DIR]`: everything that can be proved of a deployment, and exactly what does not hold."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from libs.local_platform import LocalPlatformError
from libs.proof import Checked, Cut, CutUnreadable
from libs.proof.cut import read_keys, read_roots
from services.operations.adapters.database_cut import NoLogs
from services.operations.adapters.root_witness import signed_roots
from services.operations.domain.errors import OperationsError
from services.operations.domain.manifest import ManifestUnreadable
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse
from services.operations.entrypoints.places import DEMO, UP
from services.operations.use_cases.export_history import LogEndsEarly
from services.operations.use_cases.stopped_data import stopped_data
from services.operations.use_cases.take_cut import Deployment, cut_of_export, take_cut
from services.operations.use_cases.verify_deployment import CHECKS, Ground, verify

#: Something could not be checked or proved; what could be holds. Also a wrong call, as everywhere.
UNPROVED = 2
_SHOWN = 20
_MARKS = {"holds": "holds", "broken": "BROKEN", "incomplete": "incomplete", "not_checked": "not checked"}


def verify_command(
    directory: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="An export; else the running platform."),
    ] = None,
    stopped: Annotated[
        str | None,
        typer.Option(
            help="Check the data that `up` or `demo` has left, or that is in a directory of theirs."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this check, repeatable: {', '.join(CHECKS)}.")
    ] = None,
    roots: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Roots that were kept (`huiji roots --keep`)."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Public keys that sign roots (`huiji roots --keys`)."),
    ] = None,
    statements: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="The bank's camt.053 and camt.054 as files (*.xml)."),
    ] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Check chains, roots, decision receipts, money, ledger against bank, and read models against logs."""
    if directory is not None and stopped is not None:
        raise typer.BadParameter("an export and stopped data are two things")
    unknown = sorted(set(only or ()) - set(CHECKS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(CHECKS)}", param_hint="--only")
    chosen = [check for check in CHECKS if not only or check in only]
    with _refusing(), reaching():
        kept = read_roots(roots) if roots is not None else None
        trusted = read_keys(keys) if keys is not None else None
        if directory is not None:
            with tempfile.TemporaryDirectory() as place:
                cut = cut_of_export(directory, Path(place))
                results = _verify(
                    Ground(cut, statements=statements, kept_roots=kept, root_keys=trusted), chosen
                )
        else:
            with _deployment(stopped, platform) as deployment, tempfile.TemporaryDirectory() as place:
                # Before the cut is taken: what is signed meanwhile is not in it.
                if deployment.root_keys is not None:
                    kept = [*(kept or ()), *signed_roots(deployment.root_keys)]
                cut = _take(deployment, Path(place) / "cut")
                sources = deployment.running.services if deployment.running else None
                ground = Ground(
                    cut, deployment.database_url, sources, deployment.bank_url, statements, kept, trusted
                )
                results = _verify(ground, chosen)
    if as_json:
        print_json({"holds": _status(results) == 0, "checks": [each.as_json() for each in results]})
    else:
        _print(results)
    raise typer.Exit(_status(results))


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (
        CutUnreadable,
        ManifestUnreadable,
        NoLogs,
        LogEndsEarly,
        OperationsError,
        LocalPlatformError,
    ) as error:
        refuse(str(error), UNPROVED)


@contextmanager
def _deployment(stopped: str | None, platform: Path | None) -> Iterator[Deployment]:
    if stopped is not None:
        with stopped_data({"up": UP, "demo": DEMO}.get(stopped, Path(stopped))) as deployment:
            yield deployment
        return
    running = find_platform(platform)
    yield Deployment(running, running.database_url, running.bank_url, running.root_keys)


def _take(deployment: Deployment, directory: Path) -> Cut:
    with bar() as progress:
        task = progress.add_task("reading logs", total=None)
        return take_cut(
            deployment, directory, datetime.now(UTC), lambda events: progress.advance(task, events)
        )


def _verify(ground: Ground, chosen: list[str]) -> list[Checked]:
    with bar() as progress:
        return [_verify_one(ground, check, progress) for check in chosen]


def _verify_one(ground: Ground, check: str, progress: Progress) -> Checked:
    task = progress.add_task(check, total=None)
    try:
        return verify(ground, check, lambda done, total: progress.update(task, completed=done, total=total))
    finally:
        progress.remove_task(task)


def _status(results: list[Checked]) -> int:
    statuses = {each.status for each in results}
    if "broken" in statuses:
        return NO
    return UNPROVED if statuses & {"incomplete", "not_checked"} else 0


def _print(results: list[Checked]) -> None:
    out = console()
    rows = [
        (
            each.check,
            _MARKS[each.status],
            each.finding_count or "",
            ", ".join(f"{amount} {what.replace('_', ' ')}" for what, amount in each.counted.items()),
        )
        for each in results
    ]
    print_table(("check", "result", "findings", "looked at"), rows, right=("findings",))
    for each in results:
        for finding in each.findings[:_SHOWN]:
            place = f" at {finding.where}" if finding.where else ""
            since = f", since {finding.since}" if finding.since else ""
            line = f"{each.check}: {finding.rule}: {finding.about}{place}{since}: {finding.sentence}"
            out.print(line, style="red", markup=False, soft_wrap=True)
        if each.finding_count > _SHOWN:
            more = each.finding_count - _SHOWN
            out.print(f"{each.check}: and {more} more (--json shows up to a thousand)", style="red")
        for note in (*each.notes, *([each.not_checked] if each.not_checked else ())):
            out.print(f"{each.check}: {note}", style="yellow", markup=False, soft_wrap=True)
    out.print(_verdict(results))


def _verdict(results: list[Checked]) -> str:
    match _status(results):
        case 0:
            return "Everything that was checked holds."
        case 1:
            return "Not everything holds."
        case _:
            return "What could be checked holds; not everything could be."
