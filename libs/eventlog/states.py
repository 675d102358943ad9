"""States of streams, folded from their events, with a bounded cache of what this process has seen.

The cache is never trusted blindly: an append names the version that the state was folded to, and a conflict or a
change of ownership clears it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from libs.contracts import Event
from libs.eventlog.event import Recorded
from libs.eventlog.read import read_streams

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A state and the stream version it is folded to (0: the stream does not exist)."""

    state: S
    version: int


class States(Generic[S]):
    """Loads the states that a batch touches in one query, or from the cache."""

    def __init__(
        self,
        source: str,
        initial: Callable[[str], S],
        evolve: Callable[[S, Event], S],
        *,
        cache_size: int = 50_000,
    ) -> None:
        self._source = source
        self._initial = initial
        self._evolve = evolve
        self._cache: OrderedDict[str, Loaded[S]] = OrderedDict()
        self._cache_size = cache_size

    async def load(self, connection: "Connection", stream_ids: Iterable[str]) -> dict[str, Loaded[S]]:
        """The state of every given stream; one round trip for those that are not cached, none when all are."""
        wanted = dict.fromkeys(stream_ids)
        states = {stream_id: self._cache[stream_id] for stream_id in wanted if stream_id in self._cache}
        missing = [stream_id for stream_id in wanted if stream_id not in states]
        if missing:
            states |= self.fold(missing, await read_streams(connection, self._source, missing))
        return states

    def fold(self, stream_ids: Iterable[str], events: Iterable[Recorded]) -> dict[str, Loaded[S]]:
        """Fold recorded events, each stream in order, onto initial states."""
        states = {stream_id: Loaded(self._initial(stream_id), 0) for stream_id in stream_ids}
        for recorded in events:
            before = states[recorded.stream_id]
            states[recorded.stream_id] = Loaded(
                self._evolve(before.state, recorded.decode()), recorded.version
            )
        return states

    def after(self, loaded: Loaded[S], events: Iterable[Event]) -> Loaded[S]:
        """`loaded` moved on by events that were decided but are not recorded yet."""
        state, version = loaded.state, loaded.version
        for event in events:
            state, version = self._evolve(state, event), version + 1
        return Loaded(state, version)

    def keep(self, states: dict[str, Loaded[S]]) -> None:
        """Remember states that are committed now. An older version never replaces a newer one."""
        for stream_id, loaded in states.items():
            known = self._cache.get(stream_id)
            if known is None or known.version <= loaded.version:
                self._cache[stream_id] = loaded
                self._cache.move_to_end(stream_id)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: another process may have moved the streams on."""
        self._cache.clear()
