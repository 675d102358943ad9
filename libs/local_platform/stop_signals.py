"""Ctrl-C, SIGTERM and a closed terminal as one exception that is raised once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from libs.local_platform.processes import Processes

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked the platform to stop. Not an `Exception`: nothing but the command itself may catch it."""


@contextmanager
def stop_signals(processes: Processes) -> Iterator[None]:
    """Within: the first signal raises `StopRequested` in the main thread; while stopping, a further one hurries it."""
    requested = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        if requested or processes.stopping:
            processes.hurry.set()
            return
        requested = True
        raise StopRequested

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
