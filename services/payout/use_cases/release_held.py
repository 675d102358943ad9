"""Held payments are instructed once an account is known: looked for again and again, so none is ever forgotten.

A decision and a coverage may be heard at the same moment by two processes, neither seeing the other's.
"""

from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import payees, payments
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, ReleaseHeld

CLAIMS_PER_STEP = 200


async def release_held(log: EventLog, stage: Stage[Account, Command]) -> int:
    """Release what can be, at most a transaction's worth; returns how many claims."""
    async with log.transaction() as work:
        released = await payees.take_releasable(work.connection, CLAIMS_PER_STEP)
        instructions: list[Instruction[Command]] = [
            Instruction(
                f"person-{claim.person_id}",
                ReleaseHeld(claim.claim_id, claim.creditor, work.now),
                traceparent=claim.traceparent,
            )
            for claim in released
        ]
        decided = await stage.apply(work, instructions)
        await payments.follow(work.connection, payments.decided_by(instructions, decided), work.now)
    return len(released)
