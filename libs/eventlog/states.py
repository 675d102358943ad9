"""States of streams, folded from their events, with a bounded cache of what this process has seen.

The cache saves folding, never looking: every load reads what its streams got since. A decision that appends nothing
has no expected version to be refused for, so a stale state would otherwise be believed (Marten measured the look at
1.4 % and kept it).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from libs.contracts import Event
from libs.eventlog.event import Recorded
from libs.eventlog.read import read_tails
from libs.eventlog.snapshots import FROM_FIRST_EVENT, Draft, Snapshots, read_tails_after_snapshots

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

S = TypeVar("S")


class Loaded(msgspec.Struct, Generic[S], frozen=True):
    """A state and the stream version it is folded to (0: the stream does not exist)."""

    state: S
    version: int


class States(Generic[S]):
    """Loads the states that a batch touches in one query, or from the cache."""

    def __init__(
        self,
        source: str,
        initial: Callable[[str], S],
        evolve: Callable[[S, Any], S],
        *,
        read: Callable[[Recorded], Any] = Recorded.decode,
        cache_size: int = 50_000,
        snapshots: Snapshots[S] | None = None,
    ) -> None:
        """`read` is how a recorded event is read for `evolve`: whole, or as far as `evolve` looks at it.

        `snapshots`: how states of long streams are kept; None: none are kept or read.
        """
        self._source = source
        self._initial = initial
        self._evolve = evolve
        self._read = read
        self._cache: OrderedDict[str, Loaded[S]] = OrderedDict()
        self._cache_size = cache_size
        self.snapshots = snapshots
        self._from_first_event: set[str] = set()

    async def load(self, connection: "Connection", stream_ids: Iterable[str]) -> dict[str, Loaded[S]]:
        """The state of every given stream as this transaction sees it, in one round trip; none when none is given."""
        states = {stream_id: self._known(stream_id) for stream_id in dict.fromkeys(stream_ids)}
        if not states:
            return states
        versions = {stream_id: loaded.version for stream_id, loaded in states.items()}
        if self.snapshots is not None:
            return await self._from_snapshots(connection, self.snapshots, states, versions)
        return self._onto(states, await read_tails(connection, self._source, versions))

    def fold(self, stream_ids: Iterable[str], events: Iterable[Recorded]) -> dict[str, Loaded[S]]:
        """Fold recorded events, each stream in order, onto initial states."""
        return self._onto(
            {stream_id: Loaded(self._initial(stream_id), 0) for stream_id in stream_ids}, events
        )

    def follow(self, stream_id: str, events: Iterable[Recorded]) -> Iterator[S]:
        """The state after each of a stream's recorded events, folded from its beginning. Nothing is cached."""
        state = self._initial(stream_id)
        for recorded in events:
            state = self._evolve(state, recorded.decode())
            yield state

    async def _from_snapshots(
        self,
        connection: "Connection",
        snapshots: Snapshots[S],
        states: dict[str, Loaded[S]],
        versions: dict[str, int],
    ) -> dict[str, Loaded[S]]:
        """In one round trip too, or two when a snapshot turns out not to be what was written."""
        versions |= dict.fromkeys(self._from_first_event & versions.keys(), FROM_FIRST_EVENT)
        found, events = await read_tails_after_snapshots(
            connection, self._source, versions, snapshots.fold_version
        )
        unread: dict[str, int] = {}
        for snapshot in found:
            stream_id, version = snapshot.draft.stream_id, snapshot.draft.version
            state = snapshots.open(snapshot)
            if state is not None:
                states[stream_id] = Loaded(state, version)
            elif snapshot.linked:
                unread[stream_id] = 0
        if unread:
            tails = [event for event in events if event.stream_id not in unread]
            events = [*tails, *await read_tails(connection, self._source, unread)]
        return self._onto(states, events)

    def drafts(self, before: Mapping[str, int], states: Mapping[str, Loaded[S]]) -> list[Draft]:
        """What is to be kept of states that have moved on from the versions `before`."""
        if self.snapshots is None:
            return []
        is_due = self.snapshots.policy.is_due
        return [
            self.snapshots.draft(stream_id, loaded.version, loaded.state)
            for stream_id, loaded in states.items()
            if is_due(before[stream_id], loaded.version)
        ]

    def _known(self, stream_id: str) -> Loaded[S]:
        known = self._cache.get(stream_id)
        return known if known is not None else Loaded(self._initial(stream_id), 0)

    def _onto(self, states: dict[str, Loaded[S]], events: Iterable[Recorded]) -> dict[str, Loaded[S]]:
        for recorded in events:
            before = states[recorded.stream_id]
            states[recorded.stream_id] = Loaded(
                self._evolve(before.state, self._read(recorded)), recorded.version
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
                self._from_first_event.discard(stream_id)
                self._cache.move_to_end(stream_id)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)

    def forget(self, stream_id: str) -> None:
        """Read this stream from its beginning when it is next asked for, whatever is kept of it."""
        self._cache.pop(stream_id, None)
        if self.snapshots is not None:
            self._from_first_event.add(stream_id)

    def clear(self) -> None:
        """Forget everything: another process may have moved the streams on."""
        self._cache.clear()
