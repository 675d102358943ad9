"""Destroy the keys of refused originals of unknown persons after a time: no erasure of a person can find them."""

from dataclasses import dataclass

from libs.eventlog import EventLog
from libs.privacy import KeyStore
from services.intake.adapters import refusals

AT_ONCE = 50


@dataclass(frozen=True)
class ExpireUnknown:
    """The use case with what it needs."""

    log: EventLog
    keys: KeyStore

    async def step(self) -> int:
        """Destroy the keys whose time is over; returns how many. A crash may repeat it: twice is once."""
        async with self.log.transaction() as work:
            expired = await refusals.next_expired(work.connection, work.now, AT_ONCE)
            for refusal_id in expired:
                await self.keys.destroy(f"r_{refusal_id}")
            if expired:
                await refusals.forget_expiry(work.connection, expired)
        return len(expired)
