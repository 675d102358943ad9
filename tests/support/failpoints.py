"""Places where a process kills itself, wrapped around the kernel's interfaces from outside.

`HUIJI_FAILPOINT=step:n` sends this process SIGKILL when it gets to `step` for the n-th time.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from libs.eventlog import Consumer, Relay, UnitOfWork, checkpoint, log
from libs.eventlog.kafka import KafkaTopic
from libs.runtime.assigned import Assigned

Call = Callable[..., Awaitable[Any]]

#: In the order in which an event meets them: first the consumer's transaction, then the relay, then Kafka's offset.
STEPS = (
    "received",
    "locked",
    "handled",
    "appended",
    "committed",
    "publishing",
    "published",
    "cursor_updated",
    "cursor_committed",
    "committing_offsets",
    "offsets_committed",
)


class Failpoint:
    """Counts how often its step is reached."""

    def __init__(self, spec: str) -> None:
        self._step, _, times = spec.partition(":")
        self._left = int(times or 1)
        assert self._step in STEPS or not spec, spec

    def reach(self, step: str) -> None:
        """Die here when it is time."""
        if step and step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Call, *, before: str = "", after: str = "") -> Call:
        """`call` with a step before and one after it."""

        async def wrapped(*arguments: Any, **named: Any) -> Any:
            self.reach(before)
            result = await call(*arguments, **named)
            # A call that found nothing to do has not been at that step.
            if result not in (0, []):
                self.reach(after)
            return result

        return wrapped


def install(failpoint: Failpoint) -> None:
    """Wrap the kernel of this process."""
    for owner, name, before, after in (
        (Consumer, "process", "received", ""),
        (checkpoint, "lock", "", "locked"),
        (log, "append_events", "", "appended"),
        (KafkaTopic, "publish", "publishing", "published"),
        (Relay, "_settle", "", "cursor_updated"),
        (Relay, "publish_once", "", "cursor_committed"),
    ):
        setattr(owner, name, failpoint.around(getattr(owner, name), before=before, after=after))
    _wrap_commit(failpoint)
    _wrap_offsets(failpoint)


def _wrap_commit(failpoint: Failpoint) -> None:
    committed = UnitOfWork.committed

    def wrapped(work: UnitOfWork) -> None:
        failpoint.reach("committed")
        committed(work)

    UnitOfWork.committed = wrapped  # type: ignore[assignment, method-assign]  # wrapped from outside


def _wrap_offsets(failpoint: Failpoint) -> None:
    commit = Assigned.commit_offsets

    async def wrapped(assigned: Assigned, *, force: bool = False) -> None:
        before = assigned._committed_at
        failpoint.reach("committing_offsets")
        await commit(assigned, force=force)
        if assigned._committed_at != before:
            failpoint.reach("offsets_committed")

    Assigned.commit_offsets = wrapped  # type: ignore[assignment, method-assign]  # wrapped from outside
