"""Keep a started platform serving until somebody stops it; shared by `up` and `demo`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from libs.local_platform import LocalPlatformError, StopRequested
from services.operations.domain.errors import OperationsError
from services.operations.entrypoints.places import shown
from services.operations.use_cases.run_platform import RunningPlatform

_WATCH_SECONDS = 0.5

Open = Annotated[
    bool, typer.Option("--open", help="Ask nobody for a token: whoever reaches a port may do everything.")
]


def warn_if_open(console: Console, unproven: bool) -> None:
    """Say before anything starts that no door is closed."""
    if unproven:
        words = (
            "OPEN: no hospital and no service is asked who it is. Whoever reaches a port of this machine enrols, files,"
            " reads every log and has people forgotten."
        )
        console.print(words, style="bold red", soft_wrap=True)


def serve_until_stopped(running: RunningPlatform) -> None:
    """Return never; raises `StopRequested` on a signal. A part that ends is started again, as compose does it;
    raises `PartStopped` when one ends again and again."""
    while True:
        running.processes.tend()
        time.sleep(_WATCH_SECONDS)


@contextmanager
def reporting(console: Console) -> Iterator[None]:
    """Turn how the block ends into a message and an exit status: a requested stop is success, a failed part is 1."""
    try:
        yield
    except StopRequested:
        console.print("Stopped.")
    except (LocalPlatformError, OperationsError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def print_addresses(console: Console, running: RunningPlatform) -> None:
    """The URLs of a running platform, where its tokens are, and where its logs are."""
    for name, url in running.platform.urls_to_look_at().items():
        console.print(f"    {name:<18}{url}", highlight=False)
    callers = running.platform.addresses.service_callers_file
    if callers is not None:
        tokens = shown(callers.parent)
        console.print(f"  tokens: {tokens}/*-tokens.json; `huiji` shows them by itself", highlight=False)
    console.print(f"  logs: {shown(running.platform.logs)}", highlight=False)
