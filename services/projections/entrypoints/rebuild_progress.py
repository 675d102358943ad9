"""A rebuild's plan in words, and its progress: a bar on a terminal, a line now and then elsewhere."""

import sys
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.projections.use_cases.plan_rebuild import RebuildPlan

_LINE_EVERY_SECONDS = 5.0


class RebuildProgress:
    """Call it with how many events are done, of how many; use it as a context manager. Writes to standard error."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began: tuple[float, int] | None = None
        self._last_line = 0.0
        self._console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
        )
        self._bar = Progress(*columns, console=self._console) if sys.stderr.isatty() else None
        self._task = self._bar.add_task(name, total=None, pace="") if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        # What an earlier run had built says nothing about this one's rate.
        began, done_then = self._began = self._began or (now, done)
        pace = pace_text(done - done_then, now - began, total - done)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, pace=pace)
        elif now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            self._console.print(f"{self._name}: {done} of {total} events {pace}".rstrip(), soft_wrap=True)


def pace_text(done: int, seconds: float, left: int) -> str:
    """Rate and time left in words; empty while nothing is known yet."""
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    return f"{rate:,.0f}/s, {left / rate:,.0f} s left"


def plan_text(plan: RebuildPlan) -> str:
    """What a rebuild would read and touch, and about how long it takes, one line each."""
    reads = ", ".join(f"{source} {events}" for source, events in plan.reads.items())
    return "\n".join(
        (
            f"{plan.model}: generation {plan.generation} by version {plan.version} of the code",
            f"  reads {sum(plan.reads.values())} events: {reads}",
            *(f"  touches {what}" for what in plan.touches),
            f"  takes about {plan.expected_seconds} s while nothing comes in; up to twenty times that beside live",
        )
    )
