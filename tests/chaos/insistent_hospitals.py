"""Hospitals that send until they are answered, as hospitals do: the same content again is the same claim."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
from aiokafka.errors import KafkaError

from libs.interop.submission import Submission
from services.operations.adapters.city import City, CityRefused, Resident
from services.operations.domain.topology import Addresses

_PAUSE_SECONDS = 0.5
#: A claim that was accepted is on its way through the services for longer than this.
_ON_ITS_WAY_SECONDS = 1.0


@dataclass
class InsistentHospitals:
    """The load: people enrol, bills are settled, discharges come page by page until all are accepted.

    A page is sent when `let_go` was called for it, so that whoever disturbs decides what is under way meanwhile.
    """

    addresses: Addresses
    residents: Sequence[Resident]
    submissions: Sequence[Submission]
    page: int
    sent: int = 0
    tries: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    _let_go: int = 0
    _begun: int = 0
    _accepted: int = 0
    _accepted_at: float = -_ON_ITS_WAY_SECONDS
    _may_send: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _sending: Future[None] | None = None

    @property
    def held_back(self) -> int:
        """Pages that nobody has let go."""
        return -(-len(self.submissions) // self.page) - self._let_go

    @property
    def under_way(self) -> bool:
        """Whether a page is being sent, or was accepted this very moment."""
        if self._accepted < self._begun:
            return not self.done.is_set()
        return time.monotonic() - self._accepted_at < _ON_ITS_WAY_SECONDS

    def start(self) -> None:
        """Enrol and settle, then send what is let go, in a thread of its own; `done` is set at the end."""
        self._sending = self._pool.submit(self._run)

    def let_go(self, pages: int = 1) -> None:
        """Send so many more pages."""
        self._let_go += pages
        self._may_send.release(pages)

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
            for start in range(0, len(self.submissions), self.page):
                await asyncio.to_thread(self._may_send.acquire)
                self._begun += 1
                page = self.submissions[start : start + self.page]
                await self._insist(lambda page=page: city.send_settlements(page))  # type: ignore[misc]
                self.sent += len(page)
                self._accepted_at = time.monotonic()
                self._accepted += 1

    async def _insist(self, send: Callable[[], Awaitable[object]]) -> None:
        while True:
            self.tries += 1
            try:
                await send()
                return
            except (CityRefused, httpx2.HTTPError, KafkaError, OSError):
                await asyncio.sleep(_PAUSE_SECONDS)
