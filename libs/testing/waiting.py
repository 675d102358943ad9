"""Wait for a fact instead of sleeping and hoping."""

import time
from collections.abc import Callable
from pathlib import Path

#: How long a test waits for what must come. What comes ends the wait, so only a failing test takes this long, and a
#: busy machine of two cores may keep a process waiting for half a minute.
PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.02


def wait_until(fact: Callable[[], bool], what: str, within_seconds: float = PATIENCE_SECONDS) -> None:
    """Return when `fact()` is true; fail the test with `what` when it is not within the time."""
    deadline = time.monotonic() + within_seconds
    while not fact():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:.0f} s: {what}")
        time.sleep(_POLL_SECONDS)


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
