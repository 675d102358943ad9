"""Requests that share a transaction do not share each other's faults."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from libs.runtime.batcher import Batcher


class Desk:
    """Answers each number with its double; `faults` are raised for batches that hold the number."""

    def __init__(self, faults: dict[int, Exception]) -> None:
        self.faults = faults
        self.batches: list[list[int]] = []

    async def process(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        for item in items:
            if item in self.faults:
                raise self.faults[item]
        return [2 * item for item in items]


@asynccontextmanager
async def running(batcher: Batcher[int, int]) -> AsyncIterator[None]:
    task = asyncio.create_task(batcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def submitted(desk: Desk, items: Sequence[int]) -> list[int | BaseException]:
    """What each caller of one batch is told."""
    batcher: Batcher[int, int] = Batcher(desk.process)
    calls = [asyncio.ensure_future(batcher.submit(item)) for item in items]
    async with running(batcher):
        return await asyncio.gather(*calls, return_exceptions=True)


async def test_what_arrives_together_is_processed_together() -> None:
    desk = Desk({})
    assert await submitted(desk, [1, 2, 3]) == [2, 4, 6]
    assert desk.batches == [[1, 2, 3]]


async def test_a_fault_of_one_item_is_told_to_its_caller_alone() -> None:
    fault = ArithmeticError("nobody foresaw this")
    assert await submitted(Desk({2: fault}), [1, 2, 3]) == [2, fault, 6]


async def test_a_database_that_is_away_is_told_to_all_and_not_asked_for_each() -> None:
    away = asyncpg.ConnectionDoesNotExistError()
    desk = Desk({2: away})
    assert await submitted(desk, [1, 2, 3]) == [away, away, away]
    assert desk.batches == [[1, 2, 3]]


async def test_a_batch_takes_from_every_lane_and_each_caller_gets_its_own_answer() -> None:
    desk = Desk({})
    batcher: Batcher[int, int] = Batcher(desk.process, limit=4)
    flood = [asyncio.ensure_future(batcher.submit(number, "flood")) for number in range(10)]
    single = asyncio.ensure_future(batcher.submit(100, "desk"))
    async with running(batcher):
        assert await asyncio.gather(*flood, single) == [2 * number for number in (*range(10), 100)]
    assert desk.batches[0] == [0, 100, 1, 2], "the desk's one is second, behind whoever came first"
    assert batcher.pace.per_second is not None
