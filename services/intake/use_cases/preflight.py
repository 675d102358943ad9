"""What would become of it? The same validation and the same judgement as filing it; nothing is written."""

from dataclasses import dataclass

from libs.contracts.intake import RefusalReason
from libs.eventlog import EventLog
from services.intake.adapters import submissions as submission_rows
from services.intake.domain.filing import Accepted, Asked, Filed
from services.intake.domain.judging import judge


@dataclass(frozen=True)
class Preflight:
    """The use case with what it needs."""

    log: EventLog

    async def judge(self, asked: Asked) -> tuple[Accepted | RefusalReason, Filed | None]:
        """What something valid meets: the verdict, and the claim of its name or key."""
        async with self.log.pool.acquire() as connection:
            filed = (await submission_rows.find_filed(connection, [asked])).meeting(asked)
        return judge(asked, filed, self.log.clock()), filed
