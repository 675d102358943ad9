"""How far a command is: a bar on a terminal's standard error, and nothing where that is piped on or kept."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


def bar(count: ProgressColumn | None = None) -> Progress:
    """Gone when the work is done. `count`: how far it is, in place of "so many of so many"."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        count or MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    # Elsewhere an empty line would be left of it.
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
