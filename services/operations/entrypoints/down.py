"""`huiji down`: stop what `up` or `demo` left running."""

import typer
from rich.console import Console

from libs.local_platform import RunLock
from services.operations.entrypoints.places import DEMO, UP, shown

_STOP_WITHIN_SECONDS = 120


def down() -> None:
    """Stop the platform that `up` or `demo` started; nothing running is no error."""
    console = Console()
    stopped = 0
    for directory in (UP, DEMO):
        try:
            stopped += RunLock(directory / "run").stop_holder(_STOP_WITHIN_SECONDS)
        except TimeoutError as error:
            console.print(f"{error}; its logs: {shown(directory / 'run')}", style="red", soft_wrap=True)
            raise typer.Exit(1) from error
    console.print("Stopped." if stopped else "Nothing was running.")
