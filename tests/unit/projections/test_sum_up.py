"""A summary costs what it is worth: few claims are counted for each who asks, many once for all."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from services.projections.adapters.rows import Row
from services.projections.use_cases.sum_up import FEW_CLAIMS, REST_PER_COUNT, SumUp

COUNT_SECONDS = 30.0


@dataclass
class Counter:
    """Counts one claim more each time; `now` moves by what counting takes."""

    claims: int
    now: float = 0.0
    counts: int = 0
    failures: Iterator[Exception] = field(default_factory=lambda: iter(()))

    async def count(self) -> Row:
        await asyncio.sleep(0)
        if failure := next(self.failures, None):
            raise failure
        self.now += COUNT_SECONDS
        self.counts += 1
        return {"claims": self.claims + self.counts}

    def summing(self) -> SumUp:
        return SumUp(self.count, lambda: self.now)


async def others_go_on() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_few_claims_are_counted_for_each_who_asks() -> None:
    counter = Counter(claims=3)
    summing = counter.summing()
    assert [(await summing.latest())["claims"] for _ in range(3)] == [4, 5, 6]


async def test_those_who_ask_first_wait_for_one_count() -> None:
    counter = Counter(claims=FEW_CLAIMS)
    summing = counter.summing()
    told = await asyncio.gather(*(summing.latest() for _ in range(5)))
    assert (counter.counts, {row["claims"] for row in told}) == (1, {FEW_CLAIMS + 1})


async def test_many_claims_are_counted_a_tenth_of_the_time_and_nobody_waits_for_it() -> None:
    counter = Counter(claims=FEW_CLAIMS)
    summing = counter.summing()
    first = await summing.latest()
    counter.now += REST_PER_COUNT * COUNT_SECONDS - 1
    assert await summing.latest() == first
    await others_go_on()
    assert counter.counts == 1
    counter.now += 1
    assert [await summing.latest() for _ in range(3)] == [first] * 3
    await others_go_on()
    assert (await summing.latest())["claims"] == FEW_CLAIMS + 2
    assert counter.counts == 2


async def test_a_count_that_failed_unseen_is_told_once_and_made_again() -> None:
    counter = Counter(claims=FEW_CLAIMS)
    summing = counter.summing()
    first = await summing.latest()
    counter.failures = iter([ConnectionError("the database is away")])
    counter.now += REST_PER_COUNT * COUNT_SECONDS
    assert await summing.latest() == first
    await others_go_on()
    with pytest.raises(ConnectionError):
        await summing.latest()
    assert await summing.latest() == first
    await others_go_on()
    assert (await summing.latest())["claims"] == FEW_CLAIMS + 2
