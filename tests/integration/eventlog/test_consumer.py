"""The consumer against every kind of delivery, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from libs.contracts import Event
from libs.eventlog import (
    Append,
    ConcurrencyConflict,
    Consumer,
    EventLog,
    Recorded,
    SourceUnreachable,
    States,
    TooManyParked,
    UnitOfWork,
    parking,
    shard_of,
)
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.errors import (
    CheckpointMoved,
    NewerThanThisCode,
    PositionNotServed,
    SourceWentBack,
    UnknownLane,
)
from libs.eventlog.stage import Instruction, Stage
from tests.support.kernel import (
    LogSource,
    add,
    add_to_many,
    all_events,
    effects,
    effects_table,
    note_effects,
    open_log,
)
from tests.support.ticks import Ticked, person_of, register, stream_of, tick

SHARDS = 4


@dataclass
class World:
    """An upstream log and a downstream service, whose handler can be made to fail."""

    upstream: EventLog
    downstream: EventLog
    source: LogSource
    refuse: Callable[[Recorded], Exception | None] = lambda event: None
    resets: int = 0
    batches: list[int] = field(default_factory=list)

    def consumer(self, *, batch_size: int = 500, breaker: ParkingBreaker | None = None) -> Consumer:
        """A process of the service."""
        return Consumer(
            self.downstream,
            {"upstream": self.source},
            self.handle,
            frozenset({"Ticked"}),
            batch_size=batch_size,
            on_reset=self._reset,
            breaker=breaker,
            source_rest_seconds=0,
        )

    async def handle(self, work: UnitOfWork, events: Sequence[Recorded]) -> None:
        """Note the effects; refused events fail after the work is done, as the worst ones do."""
        self.batches.append(len(events))
        await note_effects(work, events)
        for event in events:
            if error := self.refuse(event):
                raise error

    def _reset(self) -> None:
        self.resets += 1

    async def in_order(self) -> list[tuple[int, int]]:
        """Effects as they must be: each event once, each shard in order."""
        return sorted((event.shard, event.position) for event in await all_events(self.upstream))


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with (
        open_log(database, "upstream", shards=SHARDS) as upstream,
        open_log(database, "downstream", shards=SHARDS) as downstream,
    ):
        async with downstream.pool.acquire() as connection:
            await effects_table(connection)
        yield World(upstream, downstream, LogSource(upstream))


async def prepared(world: World, *, batch_size: int = 500, breaker: ParkingBreaker | None = None) -> Consumer:
    consumer = world.consumer(batch_size=batch_size, breaker=breaker)
    await consumer.prepare()
    return consumer


def of(events: Sequence[Recorded], claim_id: str) -> list[Recorded]:
    return [event for event in events if event.stream_id == stream_of(claim_id)]


async def parked(world: World) -> dict[str, int]:
    async with world.downstream.pool.acquire() as connection:
        return await parking.count_parked(connection)


async def assert_exactly_once(world: World) -> None:
    happened = await effects(world.downstream)
    assert sorted(happened) == await world.in_order()
    for shard in range(SHARDS):
        lane = [position for of_shard, position in happened if of_shard == shard]
        assert lane == sorted(lane)


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


async def test_a_poisoned_event_is_parked_with_its_followers_and_the_rest_goes_on(world: World) -> None:
    await add_to_many(world.upstream, claims=20, each=3)
    world.refuse = lambda e: ValueError("bad") if (e.stream_id, e.version) == ("claim-c7", 2) else None
    consumer = await prepared(world)
    events = await all_events(world.upstream)
    await consumer.process(events)
    assert await parked(world) == {"ValueError": 1, "blocked_by_earlier": 1}
    assert consumer.parked_total == 2
    waiting = {(event.shard, event.position) for event in of(events, "c7")[1:]}
    assert set(await effects(world.downstream)) == set(await world.in_order()) - waiting

    world.refuse = lambda event: None
    assert await consumer.retry(stream_of("c7"), "operator") == (2, 0)
    assert await parked(world) == {}
    assert sorted(await effects(world.downstream)) == await world.in_order()


async def test_a_retry_stops_at_the_first_that_fails_again(world: World) -> None:
    await add(world.upstream, "c1", range(1, 5), after=0)
    world.refuse = lambda event: ValueError("bad") if event.version in (1, 3) else None
    consumer = await prepared(world)
    await consumer.process(await all_events(world.upstream))
    world.refuse = lambda event: ValueError("bad") if event.version == 3 else None
    assert await consumer.retry(stream_of("c1"), "operator") == (2, 2)
    async with world.downstream.pool.acquire() as connection:
        first, second = await parking.list_parked(connection, subject=stream_of("c1"))
    assert (first.event.version, first.reason, first.attempts) == (3, "ValueError", 2)
    assert (second.event.version, second.reason) == (4, "blocked_by_earlier")


async def test_events_of_one_subject_from_two_sources_are_retried_in_order_of_arrival(
    world: World, database: str
) -> None:
    async with open_log(database, "sidestream", shards=SHARDS) as sidestream:
        sources = {"upstream": world.source, "sidestream": LogSource(sidestream)}
        seen: list[tuple[str, int]] = []

        async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
            if broken:
                raise ValueError("bad")
            seen.extend((event.source, event.version) for event in events)

        broken = True
        consumer = Consumer(world.downstream, dict(sources), handle, frozenset({"Ticked"}))
        await consumer.prepare()
        arrived = []
        for log, number in ((world.upstream, 1), (sidestream, 1), (world.upstream, 2), (sidestream, 2)):
            await add(log, "c1", [number], after=number - 1)
            await consumer.process((await all_events(log))[-1:])
            arrived.append((log.source, number))
        broken = False
        # Newer ones arrive while the operator retries.
        await add(world.upstream, "c1", [3], after=2)
        newest = (await all_events(world.upstream))[-1:]
        retried, _ = await asyncio.gather(consumer.retry(stream_of("c1"), "op"), consumer.process(newest))
        await consumer.retry(stream_of("c1"), "op")
        assert retried[0] >= 4
        assert seen == [*arrived, ("upstream", 3)]


async def test_a_fault_of_ours_holds_everything_instead_of_parking_it(world: World) -> None:
    await add_to_many(world.upstream, claims=200, each=1)
    world.refuse = lambda event: ValueError("a bug of ours")
    breaker = ParkingBreaker(window=50, minimum=10)
    consumer = await prepared(world, breaker=breaker)
    events = await all_events(world.upstream)
    with pytest.raises(TooManyParked):
        await consumer.process(events)
    assert sum((await parked(world)).values()) <= 11
    world.refuse = lambda event: None  # the fix is deployed
    await consumer.process(events)
    assert len(await effects(world.downstream)) >= 189


async def test_types_that_nobody_handles_do_not_hide_a_fault_of_ours(world: World) -> None:
    class Tocked(Ticked):
        """Not handled."""

    register(Tocked)
    for number in range(60):
        async with world.upstream.transaction() as work:
            other = [Tocked(person_id=person_of("c1"), claim_id="c1", number=n) for n in range(9)]
            work.append(Append(f"other-{number}", 0, other))
            work.append(Append(stream_of(f"c{number}"), 0, [tick(f"c{number}")]))
    world.refuse = lambda event: ValueError("a bug of ours")
    consumer = await prepared(world, breaker=ParkingBreaker(window=50, minimum=10))
    with pytest.raises(TooManyParked):
        await consumer.process(await all_events(world.upstream))
    assert sum((await parked(world)).values()) <= 11


async def test_followers_of_one_bad_claim_do_not_trip_the_breaker(world: World) -> None:
    await add(world.upstream, "c1", range(1, 101), after=0)
    await add(world.upstream, "c2", [1, 2], after=0)
    world.refuse = lambda e: ValueError("bad") if e.version == 1 else None
    consumer = await prepared(world, breaker=ParkingBreaker(window=50, minimum=2))
    await consumer.process(await all_events(world.upstream))
    assert await parked(world) == {"ValueError": 2, "blocked_by_earlier": 100}


async def test_an_operational_fault_parks_nothing(world: World) -> None:
    await add_to_many(world.upstream, claims=5, each=1)
    world.refuse = lambda event: ConnectionResetError()
    consumer = await prepared(world)
    events = await all_events(world.upstream)
    with pytest.raises(ConnectionResetError):
        await consumer.process(events)
    assert await parked(world) == {}
    world.refuse = lambda event: None
    await consumer.process(events)
    await assert_exactly_once(world)


async def test_a_value_that_does_not_fit_its_column_parks_one_claim_and_no_city(world: World) -> None:
    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        await work.connection.execute(
            "insert into effect (shard, position, number) select * from unnest($1::int[], $2::bigint[], $3::int[])",
            [event.shard for event in events],
            [event.position for event in events],
            [2**40 if event.stream_id == stream_of("c3") else 1 for event in events],
        )

    await add_to_many(world.upstream, claims=10, each=1)
    consumer = Consumer(world.downstream, {"upstream": world.source}, handle, frozenset({"Ticked"}))
    await consumer.prepare()
    await consumer.process(await all_events(world.upstream))
    assert await parked(world) == {"DataError": 1}
    assert len(await effects(world.downstream)) == 9


async def test_a_lost_race_is_tried_again_and_parks_nothing(world: World) -> None:
    lost = iter([True, True, False])
    world.refuse = lambda event: ConcurrencyConflict("another was first") if next(lost, False) else None
    await add(world.upstream, "c1", [1], after=0)
    consumer = await prepared(world)
    await consumer.process(await all_events(world.upstream))
    await assert_exactly_once(world)
    assert world.resets >= 2


async def test_a_decision_that_can_never_be_appended_is_parked_and_does_not_loop(world: World) -> None:
    world.refuse = lambda e: ConcurrencyConflict("always") if e.stream_id == stream_of("c3") else None
    await add_to_many(world.upstream, claims=5, each=1)
    consumer = await prepared(world)
    await asyncio.wait_for(consumer.process(await all_events(world.upstream)), 30)
    assert await parked(world) == {"concurrency_conflict": 1}
    assert len(await effects(world.downstream)) == 4


async def test_an_event_processed_again_by_an_operators_rewind_is_parked_again_in_its_place(
    world: World,
) -> None:
    await add(world.upstream, "c1", [1, 2], after=0)
    world.refuse = lambda event: ValueError("bad")
    consumer = await prepared(world)
    events = await all_events(world.upstream)
    await consumer.process(events)
    async with world.downstream.transaction() as work:
        first, _ = await parking.list_parked(work.connection)
        assert await parking.resolve(work.connection, [first.id], "discarded", "op", "test", work.now) == 1
        assert await parking.resolve(work.connection, [first.id], "retried", "op", "test", work.now) == 0
    await world.downstream.pool.execute("update checkpoint set position = 0")
    await consumer.reset()
    await consumer.process(events)
    async with world.downstream.pool.acquire() as connection:
        again = await parking.list_parked(connection)
    assert [item.event.version for item in again] == [1, 2]
    assert again[0].attempts == 2


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
