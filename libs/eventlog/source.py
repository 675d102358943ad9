"""Other services' logs, as a consumer asks them: a source that is slow or away must not stop what flows from others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from libs.eventlog.errors import PositionNotServed, SourceUnreachable
from libs.eventlog.event import Recorded

Answer = TypeVar("Answer")

SOURCE_TIMEOUT_SECONDS = 2.0
"""How long one page of a source's log may take: other lanes wait for it."""
SOURCE_REST_SECONDS = 5.0
"""A source that did not answer is not asked again so soon, so that a black hole slows the others only a little."""


class Source(Protocol):
    """Another service's log, readable without the broker."""

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position, in order. Raises SourceUnreachable."""

    async def heads(self) -> dict[int, int]:
        """The last position of each shard. Raises SourceUnreachable."""


class PatientSources:
    """Asks sources by name, each answer within a time; who gave none is left alone for a while."""

    def __init__(self, sources: Mapping[str, Source], *, timeout_seconds: float, rest_seconds: float) -> None:
        self._sources = sources
        self._timeout_seconds = timeout_seconds
        self._rest_seconds = rest_seconds
        self._resting: dict[str, tuple[float, SourceUnreachable]] = {}

    async def read(self, source: str, shard: int, after: int, limit: int) -> list[Recorded]:
        """The events that follow a position, at least one. Raises SourceUnreachable and PositionNotServed."""
        page = await self._ask(source, lambda: self._sources[source].read(shard, after, limit))
        if [event.position for event in page] != list(range(after + 1, after + 1 + len(page))) or not page:
            raise PositionNotServed(source, shard, after + 1)
        return page

    async def heads(self, source: str) -> dict[int, int]:
        """The last position of each of a source's shards. Raises SourceUnreachable."""
        return await self._ask(source, self._sources[source].heads)

    async def _ask(self, source: str, question: Callable[[], Awaitable[Answer]]) -> Answer:
        now = asyncio.get_running_loop().time()
        until, error = self._resting.get(source, (now, None))
        if error is not None and now < until:
            raise error
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await question()
        except TimeoutError:
            failure = SourceUnreachable(source, f"no answer in {self._timeout_seconds} s")
        except SourceUnreachable as unreachable:
            failure = unreachable
        else:
            self._resting.pop(source, None)
            return answer
        self._resting[source] = (now + self._rest_seconds, failure)
        raise failure
