"""`huiji import DIR`: an exported deployment into an empty database."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from libs.eventlog import EventLogError
from libs.eventlog.database import DATABASE_AWAY
from services.operations.adapters.exports import manifest_digest, read_manifest
from services.operations.domain.errors import OperationsError
from services.operations.domain.manifest import ManifestUnreadable
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO, UNREACHABLE
from services.operations.entrypoints.output import AsJson, console, print_json, refuse
from services.operations.entrypoints.places import CHECKOUT
from services.operations.entrypoints.rebuild import TOOL
from services.operations.use_cases.import_history import Imported, import_history


def import_export(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="An export.")],
    database_url: Annotated[
        str, typer.Option(envvar="HUIJI_DATABASE_URL", help="The empty database to fill.")
    ],
    take_over: Annotated[
        bool,
        typer.Option(help="Its services go on here: the original is stopped and will never run again."),
    ] = False,
    manifest_sha256: Annotated[
        str | None, typer.Option(help="Refuse another manifest than the one with this digest.")
    ] = None,
    read_models: Annotated[bool, typer.Option(help="Build the read models from the logs afterwards.")] = True,
    as_json: AsJson = False,
) -> None:
    """Import an export into an empty deployment: every log byte for byte and verified, or nothing at all."""
    try:
        if manifest_sha256 and manifest_digest(directory) != manifest_sha256.lower():
            raise ManifestUnreadable(
                f"the manifest of {directory} is not the one with SHA-256 {manifest_sha256}"
            )
        imported = _import(directory, database_url, take_over=take_over)
    except (OperationsError, ManifestUnreadable, EventLogError) as error:
        refuse(str(error), NO)
    except (OSError, *DATABASE_AWAY) as error:
        # Without its URL, which may hold a password.
        refuse(f"the database does not answer: {error}", UNREACHABLE)
    if read_models:
        build_read_models(database_url)
    if as_json:
        print_json({name: getattr(imported, name) for name in Imported.__slots__})
        return
    become = "an archive: no service starts on it" if imported.archive else "its services may start"
    console().print(
        f"{imported.events} events of {imported.shards} shards and {imported.tables} tables imported;"
        f" every hash holds. It is {become}.",
        soft_wrap=True,
    )


def take_over(directory: Path, database_url: str) -> None:
    """Import an export for the services that are about to start; ends the command when it cannot be."""
    try:
        _import(directory, database_url, take_over=True)
    except (OperationsError, ManifestUnreadable, EventLogError) as error:
        refuse(str(error), NO)
    build_read_models(database_url)


def _import(directory: Path, database_url: str, *, take_over: bool) -> Imported:
    with bar() as progress:
        task = progress.add_task("importing", total=read_manifest(directory).events)
        return asyncio.run(
            import_history(
                database_url,
                directory,
                take_over=take_over,
                on_page=lambda events: progress.advance(task, events),
            )
        )


def build_read_models(database_url: str) -> None:
    """All of them up to the ends of the logs, by projections' own tool; its failure ends the command."""
    command = [sys.executable, "-m", TOOL, "--all", "--ahead"]
    environment = {**os.environ, "HUIJI_DATABASE_URL": database_url}
    tool = subprocess.run(command, env=environment, cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=False)
    if tool.returncode:
        refuse("The logs are imported. Their read models are not built: huiji rebuild --all --ahead", NO)
