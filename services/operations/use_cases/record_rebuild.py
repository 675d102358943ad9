"""A rebuild is a replay like every other: planned, started, finished, each an event of the operators' own log.

It publishes nothing, so one person is enough. Projections' tool plans and does it; this writes down that it does.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from libs.contracts.operations import ReplayFinished, ReplayPlanned
from services.operations.adapters.operator_log import OperatorLog
from services.operations.domain.errors import OperationsError
from services.operations.domain.republishing import Replay, plan_once, start

MOST_TIMES = 10_000
_REBUILDS = UUID("5b1d7a90-63f4-4c8e-9a57-0d2f6e8b41c3")


class RebuiltTooOften(OperationsError):
    """A generation of the same number was built more often than anybody would."""

    code = "rebuilt_too_often"


async def run_recorded(
    log: OperatorLog, plans: Sequence[Mapping[str, Any]], by: str, run: Callable[[], int]
) -> int:
    """Record the plan, run the tool, record how it ended; the tool's exit status, negative when a signal ended it.

    `plans` as the tool prints them. A rebuild that was stopped goes on, so its replay does, too. Raises RunsElsewhere.
    """
    async with log.alone(_identity(plans)):
        replay_id = await _planned(log, plans, by)
        await log.record(replay_id, lambda replay: start(replay, replay_id, by, log.clock()))
        status = await asyncio.to_thread(run)
        if status >= 0:
            finished = ReplayFinished(
                replay_id=replay_id,
                outcome="failed" if status else "completed",
                counts={} if status else {"events_planned": _events(plans)},
                finished_at=log.clock(),
            )
            await log.record(replay_id, lambda _: [finished])
    return status


async def _planned(log: OperatorLog, plans: Sequence[Mapping[str, Any]], by: str) -> str:
    """The id follows from what is built, so that a rebuild that was killed is found again; what is over is over."""
    for replay_id in _ids(_identity(plans)):
        planned = ReplayPlanned(
            replay_id=replay_id,
            kind="rebuild",
            scope={
                "read_models": [
                    {name: plan[name] for name in ("model", "version", "generation", "reads")}
                    for plan in plans
                ]
            },
            reads_events=_events(plans),
            touches=tuple(what for plan in plans for what in plan["touches"]),
            expected_seconds=sum(plan["expected_seconds"] for plan in plans),
            requested_by=by,
            needs_approval=False,
            planned_at=log.clock(),
        )
        replay: Replay = await log.record(replay_id, partial(plan_once, planned))
        if not replay.over:
            return replay_id
    raise RebuiltTooOften


def _identity(plans: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{plan['model']} generation {plan['generation']}" for plan in plans)


def _ids(identity: str) -> Iterator[str]:
    return (str(uuid5(_REBUILDS, f"{identity} {number}")) for number in range(MOST_TIMES))


def _events(plans: Sequence[Mapping[str, Any]]) -> int:
    return sum(sum(plan["reads"].values()) for plan in plans)
