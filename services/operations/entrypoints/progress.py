"""One line per part as the platform starts and stops."""

import time

from rich.console import Console

from libs.local_platform.processes import PartState

_FIRST_COLUMN = 18


class StartProgress:
    """Prints each change of a part's state with the seconds it took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: dict[str, float] = {}

    def __call__(self, name: str, state: PartState) -> None:
        now = time.monotonic()
        if state in ("starting", "stopping"):
            self._began[name] = now
            return
        if state == "ended":
            self._console.print(
                f"  [red]![/red] {name:<{_FIRST_COLUMN}}ended by itself; it is started again", highlight=False
            )
            return
        seconds = now - self._began.get(name, now)
        mark = "[green]✓[/green]" if state == "ready" else "[dim]·[/dim]"
        self._console.print(f"  {mark} {name:<{_FIRST_COLUMN}}{state} in {seconds:.1f} s", highlight=False)
