"""Claims whose clock has rung are decided without what is missing, pended again, or denied."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from libs.eventlog import EventLog, is_operational
from libs.eventlog.stage import Instruction, Stage
from services.adjudication.adapters import deadlines, overdue_appeals
from services.adjudication.adapters.deadlines import Deadline
from services.adjudication.domain.commands import Clocks, Command, PassDeadline
from services.adjudication.domain.state import Person

logger = structlog.get_logger(__name__)

DEADLINES_PER_STEP = 200
TRY_AGAIN_AFTER = timedelta(hours=1)


async def pass_deadlines(log: EventLog, stage: Stage[Person, Command], clocks: Clocks) -> int:
    """Hear what has rung, at most a transaction's worth; returns how many clocks were heard or put off."""
    async with log.pool.acquire() as connection:
        rung = await deadlines.passed(connection, log.clock(), DEADLINES_PER_STEP)
    return await _hear(log, stage, clocks, rung) if rung else 0


async def _hear(
    log: EventLog, stage: Stage[Person, Command], clocks: Clocks, rung: Sequence[Deadline]
) -> int:
    """Halves what fails until the one clock is found that fails alone: it rings later and stops no other."""
    try:
        return await _pass(log, stage, clocks, rung)
    except Exception as error:
        if is_operational(error):
            raise
        if len(rung) == 1:
            failure = getattr(error, "code", type(error).__name__)
            logger.exception("deadline_not_heard", claim_id=rung[0].claim_id, failure=failure)
            async with log.pool.acquire() as connection:
                await deadlines.postpone(connection, rung[0], log.clock() + TRY_AGAIN_AFTER, failure)
            return 1
    middle = len(rung) // 2
    first = await _hear(log, stage, clocks, rung[:middle])
    return first + await _hear(log, stage, clocks, rung[middle:])


async def _pass(
    log: EventLog, stage: Stage[Person, Command], clocks: Clocks, rung: Sequence[Deadline]
) -> int:
    async with log.transaction() as work:
        taken = await deadlines.take(work.connection, rung, work.now)
        instructions: list[Instruction[Command]] = [
            Instruction(
                f"person-{deadline.person_id}",
                PassDeadline(deadline.claim_id, deadline.due_at, work.now, clocks, deadline.what),
                traceparent=deadline.traceparent,
            )
            for deadline in taken
        ]
        decided = await stage.apply(work, instructions)
        await deadlines.follow(
            work.connection,
            [(decided[index], instructions[index].traceparent) for index in sorted(decided)],
        )
        await overdue_appeals.follow(work.connection, decided.values())
    return len(taken)
