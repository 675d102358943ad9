"""What an operator records of a clawback: that it was repaid, or that it will not be collected."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import clawbacks, payments
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, RecordRepayment, WriteOff, WriteOffReason
from services.payout.domain.errors import ClawbackUnknown

# A conflict means that the person's stream moved on meanwhile, which takes a decision or a payment: never lasting.
ATTEMPTS = 5


async def record_repayment(
    log: EventLog,
    stage: Stage[Account, Command],
    clawback_id: str,
    amount_fen: int,
    reference: str,
    repaid_on: date,
    recorded_by: str,
) -> dict[str, Any]:
    """Record a repayment; the same reference and amount again change nothing. Returns the clawback as it stands.

    Raises ClawbackUnknown, RepaymentTooLarge, RepaymentDiffers, or ConcurrencyConflict.
    """
    return await _do(
        log,
        stage,
        clawback_id,
        lambda now: RecordRepayment(clawback_id, amount_fen, reference, repaid_on, recorded_by, now),
    )


async def write_off(
    log: EventLog,
    stage: Stage[Account, Command],
    clawback_id: str,
    reason: WriteOffReason,
    written_off_by: str,
) -> dict[str, Any]:
    """Give up what is open; again changes nothing. Returns the clawback as it stands.

    Raises ClawbackUnknown, NothingOpen, or ConcurrencyConflict.
    """
    return await _do(log, stage, clawback_id, lambda now: WriteOff(clawback_id, reason, written_off_by, now))


async def _do(
    log: EventLog,
    stage: Stage[Account, Command],
    clawback_id: str,
    command: Callable[[datetime], Command],
) -> dict[str, Any]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with log.transaction() as work:
                found = await clawbacks.find(work.connection, clawback_id)
                if found is None:
                    raise ClawbackUnknown(clawback_id)
                instruction = Instruction(f"person-{found['person_id']}", command(work.now))
                decided = await stage.apply(work, [instruction])
                told = payments.decided_by([instruction], decided)
                await payments.follow(work.connection, told, work.now)
                after = await clawbacks.find(work.connection, clawback_id)
            assert after is not None, "clawbacks are never deleted"
        except ConcurrencyConflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return after
    raise AssertionError("unreachable")
