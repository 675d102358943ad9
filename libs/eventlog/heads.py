"""Where this process believes its log's shards to end, so that it can append to them without asking first.

A belief is only tried: the statement that appends does so where the shard's row says the same (`append.sql`).
"""

from collections.abc import Iterable

from libs.eventlog.event import Recorded

Head = tuple[int, bytes]
"""A shard's last position and hash."""

APPENDS_WITHOUT_BELIEF = 50
"""After a belief was wrong: another process appends to this log, too, and a wrong belief costs sending all twice."""


class Heads:
    """Who appends takes the heads along and brings back new ones once it has committed.

    So of transactions of this process that meet in a shard, the later one believes nothing, and asks as it waits.
    """

    def __init__(self) -> None:
        self._known: dict[int, Head] = {}
        self._without_belief = 0

    def take(self, shards: Iterable[int]) -> dict[int, Head] | None:
        """The believed heads of these shards, for one who changes them; None when that of any is not known."""
        taken = {shard: self._known.pop(shard, None) for shard in shards}
        if self._without_belief:
            self._without_belief -= 1
            return None
        believed = {shard: head for shard, head in taken.items() if head is not None}
        return believed if len(believed) == len(taken) else None

    def wrong(self) -> None:
        """Something taken was not so."""
        self._without_belief = APPENDS_WITHOUT_BELIEF

    def bring_back(self, recorded: Iterable[Recorded]) -> None:
        """What is committed. An older head never replaces a newer one."""
        for event in recorded:
            known = self._known.get(event.shard)
            if known is None or known[0] < event.position:
                self._known[event.shard] = (event.position, event.hash)
