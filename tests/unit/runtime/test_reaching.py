"""A broker that is away is waited for, and a service that is to stop does not wait."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from libs.runtime.reaching import reach


class Broker:
    """Away for the first so many times that it is asked."""

    def __init__(self, away: int, stop: asyncio.Event | None = None) -> None:
        self.away = away
        self._stop = stop
        self.asked = 0
        self.disconnected = 0

    async def start(self) -> None:
        self.asked += 1
        if self.asked <= self.away:
            if self._stop is not None and self.asked == self.away:
                self._stop.set()
            raise KafkaConnectionError("connection refused")

    async def stop(self) -> None:
        self.disconnected += 1


async def test_a_broker_that_is_away_is_asked_until_it_is_there() -> None:
    broker = Broker(away=3)
    assert await reach(broker, asyncio.Event(), first_pause_seconds=0.001)
    assert (broker.asked, broker.disconnected) == (4, 3)


async def test_who_is_to_stop_waits_no_longer() -> None:
    stop = asyncio.Event()
    broker = Broker(away=2, stop=stop)
    assert not await reach(broker, stop, first_pause_seconds=0.001)
    assert broker.asked == 2


async def test_a_fault_of_ours_is_not_waited_out() -> None:
    class Wrong(Broker):
        async def start(self) -> None:
            raise KeyError("topic")

    with pytest.raises(KeyError):
        await reach(Wrong(0), asyncio.Event())
