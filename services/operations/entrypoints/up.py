"""`huiji up`: the platform without input, on the data of the last time."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from libs.local_platform import RunLock, private_directory
from services.operations.adapters.announcing import FILE, NoPlatform, read_announcement
from services.operations.adapters.demo_staff import readers_of_platform
from services.operations.entrypoints.import_ import take_over
from services.operations.entrypoints.places import CHECKOUT, UP, shown
from services.operations.entrypoints.progress import StartProgress
from services.operations.entrypoints.serving import (
    Open,
    print_addresses,
    reporting,
    serve_until_stopped,
    warn_if_open,
)
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, run_platform

_READY_LINE = "Huiji is up"
_POLL_SECONDS = 0.1


def up(
    detach: Annotated[
        bool, typer.Option(help="Return when everything is ready; `huiji down` stops it.")
    ] = False,
    broker: Annotated[str, typer.Option(help="embedded or apache (needs Maven and Java 17).")] = "embedded",
    limit_reading: Annotated[
        bool,
        typer.Option(
            "--limit-reading",
            help="Who reads the read models shows a token, and sees what the access policy shows them.",
        ),
    ] = False,
    unproven: Open = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--import",
            exists=True,
            file_okay=False,
            help="Take over an export (--state --keys) on empty data first.",
        ),
    ] = None,
) -> None:
    """Run the platform without input, on the data of the last time."""
    kinds = get_args(BrokerKind)
    if broker not in kinds:
        raise typer.BadParameter(f"{broker!r} is not one of {', '.join(kinds)}", param_hint="--broker")
    if detach:
        limits = ["--limit-reading"] * limit_reading + ["--open"] * unproven
        raise typer.Exit(_detached(broker, export, limits))
    console = Console()
    warn_if_open(console, unproven)
    plan = PlatformPlan(UP, CHECKOUT, broker="apache" if broker == "apache" else "embedded", open=unproven)
    if limit_reading:
        plan = replace(plan, told=_told_of_readers())
    if export is not None:
        plan = replace(plan, seed=partial(take_over, export.resolve()))
    with reporting(console), run_platform(plan, StartProgress(console)) as running:
        console.print(f"{_READY_LINE}; Ctrl-C or `make down` stops it.")
        print_addresses(console, running)
        serve_until_stopped(running)


def _told_of_readers() -> Callable[[str, str], Mapping[str, str]]:
    """What each service is told of who may read; the file is made up on the first time."""
    readers = readers_of_platform(private_directory(UP))
    return lambda name, _database_url: {"HUIJI_READER_FILE": str(readers)} if name == "projections" else {}


def _detached(broker: str, export: Path | None, limits: list[str]) -> int:
    """Run `huiji up` in a session of its own and show what it says until it is ready; answers an exit status."""
    log = private_directory(UP) / "run" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    holder = RunLock(UP / "run").holder()
    if holder is not None:
        _say_where(holder, log)
        return 0
    if log.exists():
        # Not emptied: a supervisor that is just starting elsewhere would lose what it has said.
        log.replace(log.with_suffix(".previous.log"))
    seed = ["--import", str(export.resolve())] if export is not None else []
    with log.open("ab") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "services.operations", "up", "--broker", broker, *seed, *limits],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=CHECKOUT,
            start_new_session=True,
        )
    try:
        return _follow_until_ready(supervisor, log)
    except KeyboardInterrupt:
        RunLock(UP / "run").stop_holder(timeout_seconds=60)
        supervisor.wait()
        return 130


def _say_where(holder: int, log: Path) -> None:
    """A platform runs here already: nothing is started and nothing is touched."""
    console = Console(highlight=False)
    console.print(f"Huiji is already running here (process {holder}); `make down` stops it.")
    try:
        running = read_announcement(UP / "run" / FILE)
    except NoPlatform:
        console.print("  It is still starting.")
    else:
        for name, url in running.services.items():
            console.print(f"    {name:<18}{url}")
    console.print(f"  logs: {shown(log.parent / 'logs')}, {shown(log)}", soft_wrap=True)


def _follow_until_ready(supervisor: subprocess.Popen[bytes], log: Path) -> int:
    shown_so_far = 0
    while True:
        ended = supervisor.poll() is not None
        text = log.read_text(errors="replace")
        sys.stdout.write(text[shown_so_far:])
        sys.stdout.flush()
        shown_so_far = len(text)
        if ended:
            sys.stdout.write(f"It did not start; this is also in {shown(log)}\n")
            return supervisor.returncode or 1
        if _READY_LINE in text and "logs:" in text:
            return 0
        time.sleep(_POLL_SECONDS)
