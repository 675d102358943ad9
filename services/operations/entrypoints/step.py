"""`huiji step claim ID`: a claim event by event across the services, with the state after each."""

import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from services.operations.domain.causal_order import Step
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import (
    At,
    By,
    Full,
    KnownAt,
    Why,
    histories,
    moment_of,
    travelled,
)
from services.operations.entrypoints.output import AsJson, console, print_json
from services.operations.entrypoints.showing import step_lines
from services.operations.entrypoints.summarising import step_line

step = typer.Typer(no_args_is_help=True, help="A history event by event, with the state after each.")

_KEYS = "→ n space: next   ← p: back   g G: first, last   s: whole state   q: quit"
_NEXT, _BACK = {b"n", b" ", b"\r", b"\x1b[C", b"\x1b[B", b"j"}, {b"p", b"\x1b[D", b"\x1b[A", b"k"}
_QUIT = {b"q", b"\x03", b"\x04", b""}
_LONGEST_KEY_BYTES = 8


@step.callback()
def _step() -> None:
    """A history event by event, with the state after each."""


@step.command()
def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    at: At = None,
    known_at: KnownAt = None,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Each event of a claim in causal order, what it changed, and its service's state after it.

    On a terminal keys go forward and back; piped on, each event is a line, with --full what it changed.
    """
    moment = moment_of(at, known_at)
    with reaching():
        found = travelled(histories(find_platform(platform), by, why), "claim", claim_id, moment)
    if as_json:
        print_json(list(found.steps))
    elif sys.stdin.isatty() and sys.stdout.isatty() and found.steps:
        with _keys() as read_key:
            walk(found.steps, read_key, _show)
    elif not full:
        for index in range(len(found.steps)):
            console().print(step_line(found.steps, index), markup=False, soft_wrap=True)
    else:
        # Without the whole states, which `--json` has.
        for index in range(len(found.steps)):
            console().print(
                "\n".join(step_lines(found.steps, index, whole_state=False)), markup=False, soft_wrap=True
            )
            console().print("")


def walk(steps: Sequence[Step], read_key: Callable[[], bytes], show: Callable[[Sequence[str]], None]) -> None:
    """Show the first step, then go where the keys say until `q`."""
    index, whole_state = 0, False
    while True:
        show([*step_lines(steps, index, whole_state=whole_state), "", _KEYS])
        key = read_key()
        if key in _QUIT:
            return
        if key in _NEXT:
            index = min(index + 1, len(steps) - 1)
        elif key in _BACK:
            index = max(index - 1, 0)
        elif key in (b"g", b"G"):
            index = 0 if key == b"g" else len(steps) - 1
        elif key == b"s":
            whole_state = not whole_state


def _show(lines: Sequence[str]) -> None:
    console().clear()
    console().print("\n".join(lines), markup=False, soft_wrap=True)


@contextmanager
def _keys() -> Iterator[Callable[[], bytes]]:
    """Within: the terminal hands over each key at once. It is as before afterwards."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield lambda: os.read(descriptor, _LONGEST_KEY_BYTES)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
