"""`huiji export DIR`: every service's log as files."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, refuse
from services.operations.use_cases.export_history import ExportExists, LogEndsEarly, export_history


def export(
    directory: Annotated[Path, typer.Argument(help="Where to put the files; made by the export.")],
    replace: Annotated[bool, typer.Option(help="Take the place of an earlier export.")] = False,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Export every service's log: JSON lines per service and shard, and a manifest with ends and hashes."""
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with reaching(), Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("exporting", total=None)
        services = find_platform(platform).services
        try:
            manifest = asyncio.run(
                export_history(
                    services,
                    directory,
                    datetime.now(UTC),
                    replace=replace,
                    on_total=lambda events: progress.update(task, total=events),
                    on_page=lambda events: progress.advance(task, events),
                )
            )
        except (ExportExists, LogEndsEarly) as error:
            refuse(str(error), NO)
    if as_json:
        print_json(manifest.as_json())
    else:
        logs = len({shard.source for shard in manifest.shards})
        console().print(f"{manifest.events} events of {logs} logs in {directory}", soft_wrap=True)
