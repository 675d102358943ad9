"""Claims whose clock has rung are decided without what is missing, pended again, or denied."""

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.adjudication.adapters import deadlines
from services.adjudication.domain.commands import Clocks, Command, PassDeadline
from services.adjudication.domain.state import Person

DEADLINES_PER_STEP = 200


async def pass_deadlines(log: EventLog, stage: Stage[Person, Command], clocks: Clocks) -> int:
    """One transaction's worth of clocks; returns how many rang."""
    async with log.transaction() as work:
        rung = await deadlines.take_passed(work.connection, work.now, DEADLINES_PER_STEP)
        if not rung:
            return 0
        decided = await stage.apply(
            work,
            [
                Instruction(
                    f"person-{deadline.person_id}",
                    PassDeadline(deadline.claim_id, deadline.due_at, work.now, clocks),
                )
                for deadline in rung
            ],
        )
        await deadlines.forget(work.connection, rung)
        await deadlines.follow(
            work.connection, [event for index in sorted(decided) for event in decided[index]]
        )
    return len(rung)
