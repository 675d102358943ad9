"""Requests that arrive together share one transaction: each caller waits only for its own answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Collects items while a batch is under way, then hands up to `limit` of them to `process` at once.

    `process` returns one result or exception per item, in order. An exception that it raises goes to every
    caller of the batch. No artificial wait: a lone item is processed at once.
    """

    def __init__(
        self, process: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], *, limit: int = 200
    ) -> None:
        self._process = process
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._arrived = asyncio.Event()

    @property
    def depth(self) -> int:
        """How many items wait: what back-pressure looks at."""
        return len(self._waiting)

    async def submit(self, item: T) -> R:
        """The result for `item`, once its batch has committed."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._arrived.set()
        return await future

    async def run(self) -> None:
        """Process batches until cancelled."""
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
            if not self._waiting:
                self._arrived.clear()
            try:
                results: Sequence[R | Exception] = await self._process([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - every caller of the batch learns of it
                results = [error] * len(batch)
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
