"""A what-if is a replay like every other: planned, started, finished, each an event; the fork itself has no effects."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.operations import ReplayFinished, ReplayPlanned
from services.operations.adapters.fork_process import ForkFailed, ask_fork
from services.operations.domain.errors import OperationsError
from services.operations.domain.republishing import Replay, plan_once, start

MOST_TIMES = 10_000
_REPLAYS = UUID("0a3f7c52-2b5d-4d0a-8f1e-6c1f0b8e9d44")


class AskedTooOften(OperationsError):
    """The same what-if was run in the same place more often than anybody would."""

    code = "asked_too_often"


class ReplayRecords(Protocol):
    """Where a replay's events are recorded."""

    async def record(self, replay_id: str, decide: Callable[[Replay], Sequence[Event]]) -> Replay:
        """Decide on the replay as it is and record the outcome; the replay after it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks: the history, where the result goes, and the tool's options for the changed rule."""

    history: Path
    out: Path
    options: tuple[str, ...]
    by: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """The fork's command line. Paths are whole: it runs in a place of its own."""
        return ("--history", str(self.history.resolve()), "--out", str(self.out.resolve()), *self.options)


@dataclass(frozen=True, slots=True)
class PlannedFork:
    """A plan and its replay's id. It follows from history, rules and place, so that a killed replay is found again."""

    replay_id: str
    plan: dict[str, Any]


async def plan_fork(records: ReplayRecords, asked: Asked, cwd: Path, now: datetime) -> PlannedFork:
    """What it would read and touch, and about how long it takes; recorded once. Raises ForkFailed."""
    plan = ask_fork("plan", asked.arguments, cwd)
    changes = [f"{change['what']}: {change['before']} → {change['after']}" for change in plan["changes"]]
    for replay_id in _ids(f"{plan['history']} {plan['rules']} {asked.out.resolve()}"):
        planned = ReplayPlanned(
            replay_id=replay_id,
            kind="what_if",
            scope={"history": plan["history"], "rules": plan["rules"], "changes": changes},
            reads_events=plan["reads_events"],
            touches=tuple(plan["touches"]),
            expected_seconds=plan["expected_seconds"],
            requested_by=asked.by,
            needs_approval=False,
            planned_at=now,
        )
        if not (await records.record(replay_id, partial(plan_once, planned))).over:
            return PlannedFork(replay_id, plan)
    raise AskedTooOften


def _ids(identity: str) -> Iterator[str]:
    """The ids of the same question asked again and again: what is over is over, and asking anew is another replay."""
    return (str(uuid5(_REPLAYS, f"{identity} {number}")) for number in range(MOST_TIMES))


async def run_fork(
    records: ReplayRecords,
    asked: Asked,
    planned: PlannedFork,
    cwd: Path,
    clock: Callable[[], datetime],
    on_progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """Relive and report; run again after a kill, it goes on. Raises ForkFailed, AlreadyOver."""
    replay_id = planned.replay_id
    await records.record(replay_id, lambda replay: start(replay, replay_id, asked.by, clock()))
    try:
        report = ask_fork("run", asked.arguments, cwd, on_progress)
    except ForkFailed:
        failed = ReplayFinished(replay_id=replay_id, outcome="failed", counts={}, finished_at=clock())
        await records.record(replay_id, lambda replay: [failed])
        raise
    digest = hashlib.sha256((asked.out / "report.json").read_bytes()).hexdigest()
    counts = {
        "events_read": planned.plan["reads_events"],
        "claims": report["totals"]["claims"],
        "effects_refused": report["effects"]["refused"],
    }
    finished = ReplayFinished(
        replay_id=replay_id,
        outcome="completed",
        counts=counts,
        result_digest=digest,
        finished_at=clock(),
    )
    await records.record(replay_id, lambda replay: [finished])
    return report
