"""The summary of all claims: counted anew for each who asks while they are few, else one answer for all who ask.

Counting follows every claim to its payments: a moment for thousands of claims, half a minute for a million.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

from services.projections.adapters.rows import Row

FEW_CLAIMS = 20_000
"""Up to here whoever asks waits for a count of their own: what was just paid is in it."""
REST_PER_COUNT = 9.0
"""Beyond, counting has a tenth of one connection's time, however many ask."""


@dataclass
class SumUp:
    """`count` makes a summary, with `claims` among its fields; `seconds` is a clock that never goes back."""

    count: Callable[[], Awaitable[Row]]
    seconds: Callable[[], float] = monotonic
    _first: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _told: Row | None = field(default=None, init=False)
    _again_at: float = field(default=0.0, init=False)
    _counting: "asyncio.Task[Row] | None" = field(default=None, init=False)

    async def latest(self) -> Row:
        """Of many claims the last count, some ten times as old as counting takes, and the next begins meanwhile.

        Raises, once, what a count that nobody waited for has raised.
        """
        if self._told is None:
            async with self._first:
                if self._told is None:
                    return await self._count()
        if self._told["claims"] <= FEW_CLAIMS:
            return await self._count()
        if self._counting is not None and self._counting.done():
            ended, self._counting = self._counting, None
            ended.result()
        if self._counting is None and self.seconds() >= self._again_at:
            self._counting = asyncio.create_task(self._count())
        return self._told

    async def _count(self) -> Row:
        began = self.seconds()
        told = await self.count()
        self._told, ended = told, self.seconds()
        self._again_at = ended + REST_PER_COUNT * (ended - began)
        return told
