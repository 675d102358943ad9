"""Would this submission become a claim? The same validation and the same judgement as filing it; nothing is written."""

from dataclasses import dataclass

from libs.contracts.intake import RefusalReason
from libs.eventlog import EventLog
from services.intake.adapters import submissions as submission_rows
from services.intake.domain.filing import Accepted, Filing, judge


@dataclass(frozen=True)
class Preflight:
    """The use case with what it needs."""

    log: EventLog

    async def judge(self, filing: Filing) -> Accepted | RefusalReason | None:
        """What a valid submission meets; None when it would become a claim."""
        async with self.log.pool.acquire() as connection:
            known = await submission_rows.find_filed(connection, [filing])
        filed = known.meeting(filing)
        return None if filed is None else judge(filing, filed)
