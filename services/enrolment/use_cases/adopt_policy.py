"""Adopt an edition of the access policy: read the editions, decide, append."""

import asyncio
from dataclasses import dataclass
from datetime import date

from libs.contracts.access import AccessPolicyAdopted, AccessRule
from libs.eventlog import Append, EventLog
from libs.eventlog.errors import ConcurrencyConflict
from libs.eventlog.read import read_streams
from services.enrolment.domain.access_policies import Adopt, adopt

STREAM = "access-policy"
ATTEMPTS = 5
"""Two approvers at once are rare, and the second one decides again."""
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class AdoptPolicy:
    """The use case with what it needs."""

    log: EventLog

    async def adopt(
        self, title: str, rules: tuple[AccessRule, ...], effective_from: date, by: str
    ) -> tuple[AccessPolicyAdopted, bool]:
        """The newest edition, and whether it is a new one. Raises ConcurrencyConflict when others never rest."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._adopt(title, rules, effective_from, by)
            except ConcurrencyConflict:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _adopt(
        self, title: str, rules: tuple[AccessRule, ...], effective_from: date, by: str
    ) -> tuple[AccessPolicyAdopted, bool]:
        async with self.log.transaction() as work:
            recorded = await read_streams(work.connection, self.log.source, [STREAM])
            editions = [event for one in recorded if isinstance(event := one.decode(), AccessPolicyAdopted)]
            events = adopt(editions, Adopt(title, rules, effective_from, by, work.now))
            if events:
                work.append(Append(STREAM, len(recorded), events))
        return [*editions, *events][-1], bool(events)
