"""Where a log is published, as the relay sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.eventlog.errors import EventLogError
from libs.eventlog.event import Recorded


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a window of events: the offsets at which its first and its last record batch begin.

    Not the last record's: the embedded broker reports as a partition's end the begin of its last batch plus one.
    """

    first: int
    last_batch: int


class TopicLost(EventLogError):
    """The broker gave a lower offset than before: it has lost what was published."""

    code = "topic_lost"


class Topic(Protocol):
    """Where a log is published. Partition = shard."""

    async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
        """Append the events to the shard's partition, in order, durably. Raises TopicLost."""

    async def end_offsets(self) -> dict[int, int]:
        """The next offset of every partition, creating the topic when the broker does not have it."""
