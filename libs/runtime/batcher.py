"""Requests that arrive together share one transaction: each caller waits only for its own answer.

When more wait than one batch takes, each batch takes from all lanes in turn (`libs.runtime.fair_queue`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from libs.eventlog import is_operational
from libs.eventlog.cancelling import heed_cancellation
from libs.runtime.fair_queue import FairQueue
from libs.runtime.pace import Pace

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Collects items while a batch is under way, then hands up to `limit` of them to `process` at once.

    `process` returns one result or exception per item, in order, or raises, having done nothing. What it raises when
    the database is away goes to every caller; after any other fault each item is processed alone, so that one nobody
    foresaw is the fault of one caller. No artificial wait: a lone item is processed at once.
    """

    def __init__(
        self, process: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], *, limit: int = 200
    ) -> None:
        self._process = process
        self._limit = limit
        self._waiting: FairQueue[tuple[T, asyncio.Future[R]]] = FairQueue()
        self._arrived = asyncio.Event()
        self.pace = Pace()

    @property
    def depth(self) -> int:
        """How many items wait: what back-pressure looks at."""
        return len(self._waiting)

    async def submit(self, item: T, lane: str = "") -> R:
        """The result for `item`, once its batch has committed. Those of one lane are processed in their order."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.add(lane, (item, future))
        self._arrived.set()
        return await future

    async def run(self) -> None:
        """Process batches until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            heed_cancellation()
            await self._arrived.wait()
            batch = self._waiting.take(self._limit)
            if not self._waiting:
                self._arrived.clear()
            began = loop.time()
            results = await self._results([item for item, _ in batch])
            self.pace.note(len(batch), loop.time() - began)
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    async def _results(self, items: Sequence[T]) -> Sequence[R | Exception]:
        try:
            return await self._process(items)
        except Exception as error:  # noqa: BLE001 - every caller learns of it
            if is_operational(error) or len(items) == 1:
                return [error] * len(items)
            return [result for item in items for result in await self._results([item])]
