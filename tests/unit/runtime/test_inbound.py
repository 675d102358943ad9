"""What the way in from Kafka says about itself when it is stuck, thrown out, or behind in its version."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.structs import TopicPartition
from faststream.kafka.subscriber.usecase import BatchSubscriber

from libs.eventlog import Consumer, Recorded
from libs.eventlog.errors import NewerThanThisCode, SourceUnreachable
from libs.runtime.consuming import Inbound
from libs.runtime.raw_batches import next_records
from libs.runtime.settings import ServiceSettings
from libs.testing.waiting import PATIENCE_SECONDS

LANE = ("intake", 3)


class _Consumer:
    """A consumer that holds a lane, or fails as it is told."""

    def __init__(self, held: Exception) -> None:
        self.held = held
        self.standing = {LANE: 1}

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        return dict(self.standing)

    async def behind(self, source: str, shards: Iterable[int]) -> dict[int, int]:
        return {3: 2}

    async def catch_up(self, source: str, shards: Iterable[int]) -> int:
        raise self.held

    async def process(self, events: list[Recorded]) -> dict[Any, Any]:
        return {}


def an_inbound(held: Exception | None = None, *, stop_seconds: float = 0.05) -> Inbound:
    settings = ServiceSettings(
        database_url="postgresql://none",
        kafka="127.0.0.1:9",
        http_port=9,
        master_key_file=Path("none"),
        stop_seconds=stop_seconds,
        tail_check_seconds=0.01,
    )
    consumer = _Consumer(held or SourceUnreachable("intake", "down"))
    return Inbound(settings, "fraud", ["intake"], cast(Consumer, consumer))


async def test_a_lane_that_waits_for_an_upgrade_is_named_among_the_reasons() -> None:
    inbound = an_inbound(NewerThanThisCode(*LANE, 2, "ClaimRegistered", 2, 1))
    await inbound.tails.check("intake", [3])
    (reason,) = inbound.newer
    assert reason.startswith("upgrade this service: intake shard 3 position 2 is ClaimRegistered version 2")
    assert inbound.held == {LANE: reason}
    assert inbound.failing is None, "the other lanes go on"


async def test_a_lane_that_waits_for_its_source_is_no_reason_to_upgrade() -> None:
    inbound = an_inbound()
    await inbound.tails.check("intake", [3])
    assert inbound.newer == []


async def test_a_consumer_that_its_group_threw_out_says_so() -> None:
    inbound = an_inbound()
    assert inbound.failing is None

    async def coordinate() -> None:
        raise ConnectionAbortedError

    routine = asyncio.ensure_future(coordinate())
    await asyncio.wait([routine])
    coordinator = SimpleNamespace(_coordination_task=routine)
    inbound._subscriber.consumer = cast(Any, SimpleNamespace(_coordinator=coordinator))
    assert "thrown out of the consumer group" in str(inbound.failing)


async def test_the_names_that_tell_of_a_consumer_that_was_thrown_out_are_still_aiokafkas() -> None:
    """They are private there: an upgrade that renames them must not silence the reason."""
    assert "_coordination_task" in GroupCoordinator.__init__.__code__.co_names
    assert "_coordinator" in AIOKafkaConsumer.__init__.__code__.co_names


async def test_the_name_of_what_waits_for_the_next_batch_is_still_faststreams() -> None:
    assert "get_msg" in BatchSubscriber._run_consume_loop.__code__.co_names
    assert cast(Any, an_inbound()._subscriber.get_msg).func is next_records


async def test_the_next_records_are_waited_for_without_end() -> None:
    class Late:
        asked = 0

        async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[int]]:
            self.asked += 1
            assert max_records == 7
            return {TopicPartition("t", 0): [1, 2], TopicPartition("t", 1): [3]} if self.asked == 3 else {}

    assert await next_records(cast(Any, Late()), most=7) == (1, 2, 3)


async def test_a_lane_that_goes_on_meanwhile_is_not_read_from_its_source() -> None:
    inbound = an_inbound()
    consumer = cast(Any, inbound._consumer)
    assert await inbound.tails._lost("intake", [3]) == {3: 2}

    async def behind(source: str, shards: Iterable[int]) -> dict[int, int]:
        asyncio.get_running_loop().call_soon(consumer.standing.update, {LANE: 2})
        return {3: 2}

    consumer.behind = behind
    assert await inbound.tails._lost("intake", [3]) == {}


class _Fetching:
    """Stands in for aiokafka's consumer of two partitions."""

    def __init__(self) -> None:
        self.stopped: set[TopicPartition] = set()

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("huiji.intake.events", shard) for shard in (2, 3)}

    def paused(self) -> set[TopicPartition]:
        return set(self.stopped)

    def pause(self, *partitions: TopicPartition) -> None:
        self.stopped |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.stopped -= set(partitions)


async def test_nothing_is_fetched_while_a_batch_is_processed_and_all_of_it_after_the_rest() -> None:
    inbound, fetching = an_inbound(), _Fetching()
    inbound._subscriber.consumer = cast(Any, fetching)
    fetched_meanwhile: list[bool] = []

    async def process(events: list[Recorded]) -> dict[Any, Any]:
        fetched_meanwhile.append(fetching.stopped != fetching.assignment())
        return {}

    cast(Any, inbound._consumer).process = process
    await inbound._on_batch(())
    assert fetched_meanwhile == [False]
    assert fetching.stopped == set()


async def test_a_lane_whose_gap_waits_for_its_source_is_not_fetched_after_the_rest() -> None:
    inbound, fetching = an_inbound(), _Fetching()
    inbound._subscriber.consumer = cast(Any, fetching)
    waiting = TopicPartition("huiji.intake.events", 3)
    inbound._assigned._waiting.add(waiting)
    await inbound._on_batch(())
    assert fetching.stopped == {waiting}
    inbound._assigned._resume(waiting)
    assert fetching.stopped == set()


async def test_stopping_does_not_wait_for_a_batch_without_end() -> None:
    inbound = an_inbound()
    async with inbound._one_at_a_time, asyncio.timeout(PATIENCE_SECONDS):
        await inbound.stop()
    assert inbound._stopping.is_set()
