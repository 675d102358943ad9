"""Hospitals that send until they are answered, as hospitals do: the same content again is the same claim."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
from aiokafka.errors import KafkaError

from libs.interop.submission import Submission
from services.operations.adapters.city import City, CityRefused, Resident
from services.operations.domain.topology import Addresses

PAGE = 20
_PAUSE_SECONDS = 0.5


@dataclass
class InsistentHospitals:
    """The load: people enrol, bills are settled, discharges come page by page until all are accepted."""

    addresses: Addresses
    residents: Sequence[Resident]
    submissions: Sequence[Submission]
    pause_seconds: float
    sent: int = 0
    tries: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _sending: Future[None] | None = None

    def start(self) -> None:
        """Send in a thread of its own; `done` is set at the end."""
        self._sending = self._pool.submit(self._run)

    def finish(self) -> None:
        """Raise what the sending broke down with, if it did."""
        assert self._sending is not None, "start comes first"
        self._sending.result()

    def _run(self) -> None:
        try:
            asyncio.run(self._send_all())
        finally:
            self.done.set()

    async def _send_all(self) -> None:
        async with City(self.addresses) as city:
            await self._insist(lambda: city.enrol(self.residents))
            await self._insist(lambda: city.settle(self.submissions))
            for start in range(0, len(self.submissions), PAGE):
                page = self.submissions[start : start + PAGE]
                await self._insist(lambda page=page: city.send_settlements(page))  # type: ignore[misc]
                self.sent += len(page)
                await asyncio.sleep(self.pause_seconds)

    async def _insist(self, send: Callable[[], Awaitable[object]]) -> None:
        while True:
            self.tries += 1
            try:
                await send()
                return
            except (CityRefused, httpx2.HTTPError, KafkaError, OSError):
                await asyncio.sleep(_PAUSE_SECONDS)
