"""A pump works when there is work, and does not ask again for what it has just been told is all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from libs.runtime.pump import Pump
from libs.testing.waiting import PATIENCE_SECONDS

NEVER_SECONDS = 3_600.0


class Shelf:
    """Holds `stock` pieces; a step takes up to `portion` of them."""

    def __init__(self, stock: int, portion: int) -> None:
        self.stock = stock
        self.portion = portion
        self.taken: list[int] = []
        self._stepped = asyncio.Event()

    async def step(self) -> int:
        found = min(self.stock, self.portion)
        self.stock -= found
        self.taken.append(found)
        self._stepped.set()
        return found

    async def until_taken(self, taken: list[int]) -> None:
        """Wait until the steps have found so much."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.taken != taken:
                self._stepped.clear()
                await self._stepped.wait()


@asynccontextmanager
async def running(pump: Pump) -> AsyncIterator[None]:
    task = asyncio.create_task(pump.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_step_that_found_less_than_it_could_is_not_followed_by_another() -> None:
    shelf = Shelf(stock=5, portion=2)
    async with running(Pump("shelf", shelf.step, interval_seconds=NEVER_SECONDS, full=2)):
        await shelf.until_taken([2, 2, 1])
        await asyncio.sleep(0.01)
    assert shelf.taken == [2, 2, 1]


async def test_without_a_portion_to_compare_with_a_pump_works_until_nothing_is_found() -> None:
    shelf = Shelf(stock=3, portion=2)
    async with running(Pump("shelf", shelf.step, interval_seconds=NEVER_SECONDS)):
        await shelf.until_taken([2, 1, 0])


async def test_what_wakes_a_pump_while_it_rests_is_not_forgotten() -> None:
    shelf = Shelf(stock=1, portion=2)
    pump = Pump("shelf", shelf.step, interval_seconds=NEVER_SECONDS, full=2, rest_seconds=0.01)
    async with running(pump):
        await shelf.until_taken([1])
        shelf.stock = 1
        pump.wake()
        await shelf.until_taken([1, 1])


async def test_a_step_that_swallows_the_cancellation_does_not_keep_the_pump() -> None:
    stepping = asyncio.Event()

    async def step() -> int:
        stepping.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 0

    task = asyncio.create_task(Pump("shelf", step, interval_seconds=0.01).run())
    await stepping.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    assert task.cancelled()
