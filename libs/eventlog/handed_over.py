"""What this process has just appended, for its own relay: it need not read back what it wrote a moment ago.

Only committed events come here, and nothing depends on what is here: whatever is missing is read from the log, as it
is after a crash.
"""

from collections.abc import Iterable

from libs.eventlog.event import Recorded

LARGEST_BYTES = 16 * 1024 * 1024
"""Of bodies. A relay that is so far behind (its broker is away, another one holds the cursors) reads from the log."""


class HandedOver:
    """Events by shard and position. Transactions of one shard may come in another order than they committed in."""

    def __init__(self, largest_bytes: int = LARGEST_BYTES) -> None:
        self._largest_bytes = largest_bytes
        self._bytes = 0
        self._shards: dict[int, dict[int, Recorded]] = {}

    def keep(self, events: Iterable[Recorded]) -> None:
        """Remember events that are committed; all are forgotten when they become too many."""
        for event in events:
            self._shards.setdefault(event.shard, {})[event.position] = event
            self._bytes += len(event.body)
        if self._bytes > self._largest_bytes:
            self.forget()

    def forget(self) -> None:
        """Read everything from the log from now on."""
        self._shards.clear()
        self._bytes = 0

    def following(self, shard: int, published: int, head: int, limit: int) -> list[Recorded]:
        """Up to `limit` events right after a position, without a gap. What is up to it is published, and forgotten.

        None is beyond `head`, where the log itself ends: a database that went back (a failover that lost its last
        commits, a backup) has not recorded what this process remembers.
        """
        events = self._shards.get(shard, {})
        for position in [position for position in events if position <= published]:
            self._bytes -= len(events.pop(position).body)
        limit = min(limit, head - published)
        following: list[Recorded] = []
        while len(following) < limit and (event := events.get(published + len(following) + 1)) is not None:
            following.append(event)
        return following
