"""What a person does about an insurer's part: closes its statement of a plan, records that the amount has moved."""

from collections.abc import Callable
from datetime import date, datetime

from libs.contracts import Event
from libs.eventlog import EventLog
from services.payout.adapters import insurers
from services.payout.domain.insurer import CloseStatement, InsurerCommand, SettleStatement
from services.payout.use_cases.write_insurer_streams import ForInsurer, decide_for_insurers


async def close_statement(log: EventLog, insurer: str, plan_id: str, by: str) -> list[Event]:
    """Close the insurer's statement of a plan. Raises NothingToState."""
    return await _decide(log, insurer, lambda now: CloseStatement(plan_id, by, now))


async def settle_statement(
    log: EventLog, insurer: str, statement_id: str, reference: str, settled_on: date, by: str
) -> list[Event]:
    """Record that the amount has moved; the same reference again changes nothing.

    Raises StatementUnknown or StatementDiffers.
    """
    return await _decide(
        log, insurer, lambda now: SettleStatement(statement_id, reference, settled_on, by, now)
    )


async def _decide(log: EventLog, insurer: str, command: Callable[[datetime], InsurerCommand]) -> list[Event]:
    async with log.transaction() as work:
        await insurers.become_writer(work.connection)
        return await decide_for_insurers(log.source, work, [ForInsurer(insurer, command(work.now))])
