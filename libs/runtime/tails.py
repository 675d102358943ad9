"""What a silent broker withholds is read from the sources' own logs."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

import structlog

from libs.eventlog import Consumer
from libs.eventlog.cancelling import heed_cancellation
from libs.eventlog.checkpoint import Lane
from libs.eventlog.consumer import Held
from libs.eventlog.errors import NewerThanThisCode, SourceWentBack, TooManyParked, is_operational

logger = structlog.get_logger(__name__)

_EXPECTED = (TooManyParked, SourceWentBack, NewerThanThisCode)


class Tails:
    """Looks after lanes that stand still though their source has more.

    `shards_of` says which of a source's are ours; `turn` gives the consumer to one caller at a time; lanes that are
    found to wait for an upgrade are noted in `held`, those that went on are taken out of it.
    """

    def __init__(
        self,
        consumer: Consumer,
        sources: Iterable[str],
        held: dict[Lane, Held],
        *,
        shards_of: Callable[[str], set[int]],
        turn: Callable[[], AbstractAsyncContextManager[None]],
        every_seconds: float,
    ) -> None:
        self._consumer = consumer
        self._sources = list(sources)
        self._held = held
        self._shards_of = shards_of
        self._turn = turn
        self._every_seconds = every_seconds
        self._failing: dict[str, str] = {}

    @property
    def failing(self) -> list[str]:
        """Sources that have gone back behind what was processed of them."""
        return sorted(set(self._failing.values()))

    async def check_forever(self) -> None:
        """Until cancelled: when a lane stands still though its source has more, read the source's own log."""
        before: dict[Lane, int] = {}
        while True:
            heed_cancellation()
            await asyncio.sleep(self._every_seconds)
            still = {
                lane for lane, position in self._consumer.positions.items() if before.get(lane) == position
            }
            before = self._consumer.positions
            for source in self._sources:
                shards = sorted(shard for shard in self._shards_of(source) if (source, shard) in still)
                if shards:
                    await self.check(source, shards)

    async def check(self, source: str, shards: list[int]) -> None:
        """Read of a source's log what did not come of these shards."""
        try:
            # Asked out of turn: a source that is slow to answer must not stop what flows.
            behind = await self._lost(source, shards)
            found = 0
            if behind:
                async with self._turn():
                    found = await self._consumer.catch_up(source, behind)
                for shard in behind:
                    self._held.pop((source, shard), None)
        except Exception as error:
            if not (is_operational(error) or isinstance(error, _EXPECTED)):
                raise
            if isinstance(error, NewerThanThisCode):
                self._held[error.lane] = error
            if isinstance(error, SourceWentBack):
                self._failing[source] = str(error)
            logger.warning("tail_not_checked", source=source, error=f"{type(error).__name__}: {error}")
        else:
            self._failing.pop(source, None)
            if found:
                logger.info("tail_read_from_source", source=source, events=found)

    async def _lost(self, source: str, shards: list[int]) -> dict[int, int]:
        """Those of `shards` that the source has more of, and that still stand where they stood a while later.

        What has only just been recorded, or waits its turn in a burst, is on its way: reading it from the log as well
        would make its source and this process work twice for it.
        """
        stood = self._consumer.positions
        behind = await self._consumer.behind(source, shards)
        if behind:
            await asyncio.sleep(self._every_seconds / 2)
        reached = self._consumer.positions
        return {
            shard: head for shard, head in behind.items() if reached[source, shard] == stood[source, shard]
        }
