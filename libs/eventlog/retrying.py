"""Parked events are tried again: when a person asks for it, and by themselves when they were amended."""

from collections.abc import Callable, Sequence

import structlog

from libs.eventlog import checkpoint, parking
from libs.eventlog.amending import due_subjects, not_due
from libs.eventlog.attempting import attempt, holds_all
from libs.eventlog.handling import Handler
from libs.eventlog.log import EventLog
from libs.eventlog.parking import Poison

logger = structlog.get_logger(__name__)


class ParkedRetries:
    """Processes parked events again, each in a unit of work of its own."""

    def __init__(
        self, log: EventLog, handler: Handler, sources: Sequence[str], on_reset: Callable[[], None]
    ) -> None:
        self._log = log
        self._handler = handler
        self._sources = sources
        self._on_reset = on_reset
        # At first, too: a crash may have come between an amendment and the retry.
        self._amended = True

    def note_amended(self) -> None:
        """Something parked was amended: it is to be tried again."""
        self._amended = True

    async def retry(self, subject: str, by: str) -> tuple[int, int]:
        """Process a subject's parked events in the order they arrived, until one fails again.

        Returns (retried, still parked). Raises operational errors.
        """
        retried = 0
        while True:
            async with self._log.pool.acquire() as connection:
                waiting = await parking.list_parked(connection, subject=subject, limit=1)
            if not waiting:
                return retried, 0
            poison = await self._retry_one(waiting[0], by)
            if poison is not None:
                async with self._log.pool.acquire() as connection:
                    await parking.note_failed_retry(connection, waiting[0], poison)
                    return retried, await parking.count_of(connection, subject)
            retried += 1

    async def retry_amended(self) -> None:
        """Try again what was amended since it was parked. What fails again waits for a person."""
        if not self._amended:
            return
        async with self._log.pool.acquire() as connection:
            due = await due_subjects(connection)
        for subject, amendment in due.items():
            retried, waiting = await self.retry(subject, f"amendment {amendment or ''}".strip())
            logger.info("amended_retried", subject=subject, retried=retried, still_parked=waiting)
            async with self._log.pool.acquire() as connection:
                await not_due(connection, subject)
        self._amended = False

    async def _retry_one(self, parked: parking.Parked, by: str) -> Poison | None:
        try:
            await attempt(lambda: self._commit(parked, by), 1, lambda _: self._on_reset())
        except Exception as error:
            if holds_all(error):
                raise
            return Poison.in_event(parked.to_process(), error)
        return None

    async def _commit(self, parked: parking.Parked, by: str) -> None:
        """The lanes of the event's shard are locked meanwhile: nothing newer of the subject slips between."""
        shard = parked.event.shard
        async with self._log.transaction() as work:
            await checkpoint.lock(work.connection, {(source, shard) for source in self._sources})
            first = await parking.list_parked(work.connection, subject=parked.event.subject, limit=1)
            if first and first[0].id == parked.id:
                await self._handler(work, [first[0].to_process()])
                await parking.resolve(work.connection, [parked.id], "retried", by, "processed", work.now)
