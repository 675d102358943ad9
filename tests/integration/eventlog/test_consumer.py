"""The consumer against every kind of delivery, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from libs.contracts import Event
from libs.eventlog import (
    Consumer,
    Recorded,
    SourceUnreachable,
    States,
    shard_of,
)
from libs.eventlog.errors import (
    CheckpointMoved,
    NewerThanThisCode,
    PositionNotServed,
    SourceWentBack,
    UnknownLane,
)
from libs.eventlog.stage import Instruction, Stage
from tests.support.consumer_world import (
    SHARDS,
    World,
    assert_exactly_once,
    consumer_world,
    prepared,
)
from tests.support.kernel import (
    LogSource,
    add,
    add_to_many,
    all_events,
    effects,
)
from tests.support.ticks import Ticked, person_of, tick


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with consumer_world(database) as started:
        yield started


async def test_a_second_delivery_changes_nothing(world: World) -> None:
    await add_to_many(world.upstream, claims=10, each=2)
    consumer = await prepared(world)
    events = await all_events(world.upstream)
    await consumer.process(events)
    await consumer.process(events)
    await assert_exactly_once(world)
    assert consumer.duplicates_total == 20


async def test_what_was_lost_on_the_way_is_read_from_the_source(world: World) -> None:
    await add_to_many(world.upstream, claims=10, each=5)
    consumer = await prepared(world, batch_size=7)
    events = await all_events(world.upstream)
    last_of_each_lane = {event.shard: event for event in events}.values()
    assert await consumer.process(last_of_each_lane) == {}
    await assert_exactly_once(world)
    assert consumer.refilled_total == 50 - len(last_of_each_lane)


async def test_a_shuffled_delivery_is_put_in_order(world: World) -> None:
    await add_to_many(world.upstream, claims=10, each=5)
    consumer = await prepared(world)
    await consumer.process(reversed(await all_events(world.upstream)))
    await assert_exactly_once(world)


async def test_a_gap_whose_source_is_down_holds_only_its_lane(world: World) -> None:
    await add_to_many(world.upstream, claims=20, each=2)
    consumer = await prepared(world)
    world.source.up = False
    events = await all_events(world.upstream)
    with_gap = [event for event in events if (event.shard, event.position) != (1, 2)]
    held = await consumer.process(with_gap)
    assert list(held) == [("upstream", 1)]
    assert isinstance(held["upstream", 1], SourceUnreachable)
    assert [(s, p) for s, p in await effects(world.downstream) if s == 1] == [(1, 1)]
    assert {s for s, _ in await effects(world.downstream)} == {0, 1, 2, 3}
    world.source.up = True
    assert await consumer.process(with_gap) == {}
    await assert_exactly_once(world)


async def test_a_source_that_never_answers_costs_one_time_out_and_then_rests(world: World) -> None:
    class BlackHole(LogSource):
        async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
            self.reads += 1
            await asyncio.Event().wait()
            raise AssertionError("nobody sets that event")

    hole = BlackHole(world.upstream)
    consumer = Consumer(
        world.downstream, {"upstream": hole}, world.handle, frozenset({"Ticked"}),
        source_timeout_seconds=0.05, source_rest_seconds=60,
    )  # fmt: skip
    await consumer.prepare()
    await add_to_many(world.upstream, claims=20, each=2)
    gaps = [event for event in await all_events(world.upstream) if event.position > 1]
    assert len(await consumer.process(gaps)) == SHARDS
    assert hole.reads == 1


async def test_an_announced_event_that_its_log_does_not_have_holds_the_lane(world: World) -> None:
    await add(world.upstream, "c1", [1], after=0)
    consumer = await prepared(world)
    (event,) = await all_events(world.upstream)
    held = await consumer.process([event, replace(event, position=9)])
    assert isinstance(held["upstream", event.shard], PositionNotServed)
    await assert_exactly_once(world)


async def test_an_event_of_an_unknown_lane_is_a_fault_and_not_an_effect(world: World) -> None:
    await add(world.upstream, "c1", [1], after=0)
    consumer = await prepared(world)
    (event,) = await all_events(world.upstream)
    with pytest.raises(UnknownLane):
        await consumer.process([replace(event, shard=SHARDS + 1)])


async def test_tails_are_read_without_any_delivery(world: World) -> None:
    await add_to_many(world.upstream, claims=10, each=3)
    consumer = await prepared(world, batch_size=4)
    assert await consumer.catch_up("upstream", range(SHARDS)) == 30
    await assert_exactly_once(world)
    assert await consumer.catch_up("upstream", range(SHARDS)) == 0


async def test_a_source_that_lost_its_end_is_named_and_not_taken_for_old_news(world: World) -> None:
    await add(world.upstream, "c1", [1, 2], after=0)
    consumer = await prepared(world)
    await consumer.catch_up("upstream", range(SHARDS))
    shard = shard_of(person_of("c1"), SHARDS)
    await world.upstream.pool.execute("update shard set position = 1 where shard = $1", shard)
    with pytest.raises(SourceWentBack, match=f"shard {shard} ends at 1, but 2 was already processed"):
        await consumer.catch_up("upstream", range(SHARDS))


async def test_other_types_only_move_the_checkpoint(world: World) -> None:
    await add_to_many(world.upstream, claims=4, each=1)
    consumer = Consumer(world.downstream, {"upstream": world.source}, world.handle, frozenset({"Other"}))
    await consumer.prepare()
    await consumer.process(await all_events(world.upstream))
    assert await effects(world.downstream) == []
    assert sum(consumer.positions.values()) == 4


async def test_two_processes_on_one_lane_are_fenced(world: World) -> None:
    await add_to_many(world.upstream, claims=10, each=10)
    first, second = await prepared(world, batch_size=9), await prepared(world, batch_size=13)
    events = await all_events(world.upstream)
    await asyncio.gather(first.process(events), second.process(events))
    await assert_exactly_once(world)


async def test_a_checkpoint_behind_what_this_process_believes_is_noticed(world: World) -> None:
    await add(world.upstream, "c1", range(1, 5), after=0)
    consumer = await prepared(world)
    events = await all_events(world.upstream)
    await consumer.process(events[:3])
    # An operator restores the service's database to an earlier moment.
    await world.downstream.pool.execute("update checkpoint set position = 1 where position = 3")
    await world.downstream.pool.execute("delete from effect where position > 1")
    with pytest.raises(CheckpointMoved):
        await consumer.process(events[3:])
    await consumer.process(events[3:])
    await assert_exactly_once(world)


async def test_a_decision_that_appends_nothing_is_not_made_on_a_stale_state(world: World) -> None:
    """Nothing is appended, so no expected version can be refused: only looking helps."""

    def evolve(total: int, event: Event) -> int:
        assert isinstance(event, Ticked)
        return total + event.number

    def decide(total: int, command: Ticked) -> list[Event]:
        return [tick("t", command.number)] if total < 10 else []

    def stage() -> Stage[int, Ticked]:
        return Stage(States("downstream", lambda stream_id: 0, evolve), decide)

    one, other = stage(), stage()
    for process, number in ((one, 4), (other, 6), (one, 5)):
        async with world.downstream.transaction() as work:
            await process.apply(work, [Instruction("tally", tick("t", number))])
    assert [event.version for event in await all_events(world.downstream)] == [1, 2]


async def test_a_handler_may_apply_to_one_stream_twice_in_one_unit_of_work(world: World) -> None:
    def evolve(total: int, event: Event) -> int:
        return total + 1

    def decide(total: int, command: Ticked) -> list[Event]:
        return [tick("t", total)]

    stage = Stage(States("downstream", lambda stream_id: 0, evolve), decide)
    async with world.downstream.transaction() as work:
        await stage.apply(work, [Instruction("tally", tick("t"))])
        await stage.apply(work, [Instruction("tally", tick("t")), Instruction("tally", tick("t"))])
    assert [event.version for event in await all_events(world.downstream)] == [1, 2, 3]


async def test_an_event_of_newer_code_holds_its_lane_and_the_rest_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_to_many(world.upstream, 8, 2)
    monkeypatch.setattr(Ticked, "schema_version", 2)
    await add(world.upstream, "c0", [3], after=2)
    await add(world.upstream, "c0", [4], after=3)
    monkeypatch.setattr(Ticked, "schema_version", 1)
    delivered = await all_events(world.upstream)
    consumer = world.consumer()
    await consumer.prepare()
    held = await consumer.process(delivered)
    lane = ("upstream", shard_of(person_of("c0"), SHARDS))
    assert {lane: str(error)[:20] for lane, error in held.items()} == {lane: "upgrade this service"}
    with pytest.raises(NewerThanThisCode, match="Ticked version 2, this code knows version 1"):
        await consumer.catch_up("upstream", range(SHARDS))
    assert consumer.parked_total == 0
    assert len(await effects(world.downstream)) == 16
    monkeypatch.setattr(Ticked, "schema_version", 2)
    upgraded = world.consumer()
    await upgraded.prepare()
    assert await upgraded.process(delivered) == {}
    assert sorted(await effects(world.downstream)) == await world.in_order()
