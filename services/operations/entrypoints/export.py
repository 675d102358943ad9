"""`huiji export DIR`: every log as files."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.progress import Progress, TaskID

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.exports import manifest_digest
from services.operations.adapters.operators_tables import OPERATORS_NOT_AT_HAND
from services.operations.domain.manifest import Encoding, Manifest
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, refuse, warn
from services.operations.use_cases.export_history import (
    ExportExists,
    LogEndsEarly,
    export_deployment,
    export_history,
)


def export(
    directory: Annotated[Path, typer.Argument(help="Where to put the files; made by the export.")],
    replace: Annotated[bool, typer.Option(help="Take the place of an earlier export.")] = False,
    encoding: Annotated[
        str, typer.Option("--format", help="How events are written: log, cloudevents or parquet.")
    ] = "log",
    state: Annotated[
        bool, typer.Option(help="Also what services keep beside their logs, at one moment of the database.")
    ] = False,
    keys: Annotated[
        bool, typer.Option(help="With --state: also the persons' keys, wrapped under the master key.")
    ] = False,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Export every service's log and the operators' own (read from the database): files per shard, and a manifest."""
    if encoding not in get_args(Encoding):
        raise typer.BadParameter(
            f"{encoding!r} is not one of {', '.join(get_args(Encoding))}", param_hint="--format"
        )
    if keys and not state:
        raise typer.BadParameter("keys go with --state", param_hint="--keys")
    with reaching(), bar() as progress:
        task = progress.add_task("exporting", total=None)
        running = find_platform(platform)
        how = Asked(directory, replace, cast("Encoding", encoding), keys if state else None)
        try:
            manifest = asyncio.run(_export(running, how, progress, task))
        except (ExportExists, LogEndsEarly) as error:
            refuse(str(error), NO)
    if running.database_url is None:
        warn(f"Not exported: {OPERATORS_NOT_AT_HAND}")
    if as_json:
        print_json(manifest.as_json())
        return
    logs = len({shard.source for shard in manifest.shards})
    console().print(f"{manifest.events} events of {logs} logs in {directory}", soft_wrap=True)
    console().print(
        f"SHA-256 of the manifest, to be kept elsewhere: {manifest_digest(directory)}", soft_wrap=True
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """`keys` is None for logs alone."""

    directory: Path
    replace: bool
    encoding: Encoding
    keys: bool | None


async def _export(running: RunningAt, how: Asked, progress: Progress, task: TaskID) -> Manifest:
    def on_total(events: int) -> None:
        progress.update(task, total=events)

    def on_page(events: int) -> None:
        progress.advance(task, events)

    now = datetime.now(UTC)
    if how.keys is None:
        return await export_history(
            running, how.directory, now, replace=how.replace, encoding=how.encoding,
            on_total=on_total, on_page=on_page,
        )  # fmt: skip
    return await export_deployment(
        running.database(), how.directory, now, keys=how.keys, replace=how.replace, encoding=how.encoding,
        on_total=on_total, on_page=on_page,
    )  # fmt: skip
