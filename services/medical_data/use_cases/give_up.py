"""A claim whose budget is spent goes on without records; the bureau is still asked now and then."""

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.medical_data.adapters import lookups
from services.medical_data.domain.attaching import Claim, Command, GiveUp
from services.medical_data.domain.patience import Patience

CLAIMS_PER_STEP = 200
NOT_ASKED = "not_asked_in_time"


async def give_up(log: EventLog, stage: Stage[Claim, Command], patience: Patience) -> int:
    """One transaction's worth of spent budgets; returns how many."""
    async with log.pool.acquire() as connection:
        # Asked twice a second, and the answer is nearly always no: one statement says it, not a transaction of four.
        if not await lookups.any_over(connection, log.clock()):
            return 0
    async with log.transaction() as work:
        expired = await lookups.take_expired(work.connection, work.now, CLAIMS_PER_STEP)
        await stage.apply(
            work,
            [
                Instruction(
                    f"claim-{lookup.claim_id}",
                    GiveUp(
                        lookup.person_id,
                        lookup.revision,
                        lookup.last_failure or NOT_ASKED,
                        lookup.attempts,
                        work.now,
                    ),
                    lookup.cause,
                )
                for lookup in expired
            ],
        )
        await lookups.remove(work.connection, [lookup.claim_id for lookup in expired if lookup.erased])
        await lookups.keep_as_late(
            work.connection,
            [lookup.claim_id for lookup in expired if not lookup.erased],
            work.now + patience.late_pause,
            patience.late_ends_at(work.now),
        )
        await lookups.drop_too_late(work.connection, work.now)
    return len(expired)
