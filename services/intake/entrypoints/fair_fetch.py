"""What the next batch from the topic is made of: each partition's share, so that a backlog in one delays no other.

Nobody is turned away for being many here: what is not fetched waits in the broker. Hospitals key their records by their
id, so one that pours in fills its own partition; those that share that partition with it wait behind it.
"""

from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.structs import TopicPartition

Fetched = dict[TopicPartition, list["ConsumerRecord[bytes, bytes]"]]


@dataclass
class FairFetch:
    """Takes up to `at_once` records. By itself the client empties what it has of one partition before the next one."""

    at_once: int
    wait_ms: int
    _backlog: bool = field(default=False, init=False)
    _turn: int = field(default=0, init=False)

    async def next_of(self, consumer: AIOKafkaConsumer) -> Fetched:
        """Records by partition, each in its order; none when there are none for `wait_ms`."""
        fetched: Fetched = {}
        if self._backlog:
            # The last batch was full. Asking each partition costs a little, so only then.
            turns = self._turns(consumer)
            share = max(1, self.at_once // max(1, len(turns)))
            for partition in turns[: self.at_once]:
                _add(fetched, await consumer.getmany(partition, timeout_ms=0, max_records=share))
        left = self.at_once - _count(fetched)
        if left:
            wait_ms = 0 if fetched else self.wait_ms
            _add(fetched, await consumer.getmany(timeout_ms=wait_ms, max_records=left))
        self._backlog = _count(fetched) >= self.at_once
        return fetched

    def _turns(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        """All partitions, each time beginning where a batch of one from each would have ended."""
        assigned = sorted(consumer.assignment())
        start = self._turn % max(1, len(assigned))
        self._turn = start + self.at_once
        return assigned[start:] + assigned[:start]


def _add(fetched: Fetched, more: Fetched) -> None:
    for partition, records in more.items():
        fetched.setdefault(partition, []).extend(records)


def _count(fetched: Fetched) -> int:
    return sum(map(len, fetched.values()))
