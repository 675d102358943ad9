"""Partitions share a batch from the topic, by what a client has buffered of each."""

from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from services.intake.entrypoints.fair_fetch import FairFetch, Fetched


class Client:
    """As aiokafka's: what is buffered of a partition is emptied before the next one is looked at."""

    def __init__(self, **records: int) -> None:
        self.buffered = {
            TopicPartition("t", int(name[1:])): [SimpleNamespace(offset=offset) for offset in range(count)]
            for name, count in records.items()
        }
        self.asked = 0

    def assignment(self) -> set[TopicPartition]:
        return set(self.buffered)

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> Fetched:
        self.asked += 1
        drained: dict[TopicPartition, list[Any]] = {}
        for partition in partitions or list(self.buffered):
            taken = self.buffered[partition][:max_records]
            del self.buffered[partition][: len(taken)]
            max_records -= len(taken)
            if taken:
                drained[partition] = taken
            if not max_records:
                break
        return drained


async def fetched(fetch: FairFetch, client: Client) -> dict[int, list[int]]:
    found = await fetch.next_of(cast("AIOKafkaConsumer", client))
    return {
        partition.partition: [record.offset for record in records] for partition, records in found.items()
    }


async def test_the_batch_after_a_full_one_has_every_partitions_share() -> None:
    client, fetch = Client(p0=10_000, p1=1, p2=10_000), FairFetch(200, wait_ms=250)
    assert {partition: len(offsets) for partition, offsets in (await fetched(fetch, client)).items()} == {
        0: 200
    }
    counts = {partition: len(offsets) for partition, offsets in (await fetched(fetch, client)).items()}
    assert counts == {0: 66 + 67, 1: 1, 2: 66}, "what one does not need goes to another"


async def test_records_of_a_partition_keep_their_order_and_none_is_left_out() -> None:
    client, fetch = Client(p0=500, p1=30), FairFetch(100, wait_ms=250)
    batches = [await fetched(fetch, client) for _ in range(7)]
    assert [offset for batch in batches for offset in batch.get(0, [])] == list(range(500))
    assert [offset for batch in batches for offset in batch.get(1, [])] == list(range(30))
    assert not batches[-1]


async def test_without_a_backlog_the_broker_is_asked_once() -> None:
    client, fetch = Client(p0=3, p1=2), FairFetch(100, wait_ms=250)
    assert await fetched(fetch, client) == {0: [0, 1, 2], 1: [0, 1]}
    assert client.asked == 1


async def test_with_more_partitions_than_a_batch_holds_they_take_turns() -> None:
    client, fetch = Client(p0=9, p1=9, p2=9), FairFetch(2, wait_ms=250)
    await fetched(fetch, client)
    assert [await fetched(fetch, client) for _ in range(3)] == [
        {0: [2], 1: [0]},
        {2: [0], 0: [3]},
        {1: [1], 2: [1]},
    ]
