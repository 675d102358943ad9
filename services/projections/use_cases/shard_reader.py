"""Read one shard of all sources side by side, in about the order of time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from libs.eventlog import Recorded, Source
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import PositionNotServed
from services.projections.adapters.event_tables import TableSource, passed_over
from services.projections.domain.merging import due_together


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to process together, each source's in order; `ends`: the positions up to which those are all that are not
    `passed_over`. Without `ends` the sources are at their ends.
    """

    events: list[Recorded]
    ends: Mapping[str, int]


class ShardReader:
    """Reads each source from where it was `reached`, `until` a position of it."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        handled: frozenset[str],
        shard: int,
        reached: Mapping[Lane, int],
        until: Mapping[str, int],
        page_events: Callable[[], int],
    ) -> None:
        self._sources = sources
        self._passed_over = passed_over(handled)
        self._page_events = page_events
        self._shard = shard
        self._until = until
        self._read_to = {source: reached.get((source, shard), 0) for source in sources}
        self._pages: dict[str, list[Recorded]] = {source: [] for source in sources}

    async def next(self) -> Batch:
        """The next events to process together; no ends at the end."""
        before = dict(self._read_to)
        for source in self._sources:
            while not self._pages[source] and self._read_to[source] < self._until[source]:
                self._pages[source] = await self._page(source)
        unfinished = frozenset(
            source for source, position in self._read_to.items() if position < self._until[source]
        )
        taken = due_together(self._pages, unfinished)
        events: list[Recorded] = []
        ends: dict[str, int] = {}
        for source, count in taken.items():
            page = self._pages[source]
            if count == len(page):
                # Whatever was read behind its last event says nothing.
                if page or self._read_to[source] > before[source]:
                    ends[source] = self._read_to[source]
            elif count:
                ends[source] = page[count - 1].position
            events += page[:count]
            del page[:count]
        return Batch(events, ends)

    async def _page(self, name: str) -> list[Recorded]:
        source, after = self._sources[name], self._read_to[name]
        end = min(after + self._page_events(), self._until[name])
        if isinstance(source, TableSource):
            self._read_to[name] = end
            return await source.read_told(self._shard, after, end)
        page = await source.read(self._shard, after, end - after)
        if not page:
            raise PositionNotServed(name, self._shard, after + 1)
        self._read_to[name] = page[-1].position
        return [event for event in page if event.type not in self._passed_over]
