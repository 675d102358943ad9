"""The consumer against events that cannot be processed: what is parked, what is held, what is tried again."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from libs.eventlog import (
    Append,
    ConcurrencyConflict,
    Consumer,
    Recorded,
    TooManyParked,
    UnitOfWork,
    checkpoint,
    parking,
)
from libs.eventlog.breaker import ParkingBreaker
from libs.testing.waiting import PATIENCE_SECONDS
from tests.support.consumer_world import (
    SHARDS,
    World,
    assert_exactly_once,
    consumer_world,
    of,
    parked,
    prepared,
)
from tests.support.kernel import (
    LogSource,
    add,
    add_to_many,
    all_events,
    effects,
    open_log,
    waits_for_a_lock,
)
from tests.support.ticks import MOMENT, Ticked, person_of, register, stream_of, tick
from tests.support.waiting import until


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with consumer_world(database) as started:
        yield started


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


async def test_who_waits_for_a_retry_does_not_park_behind_what_that_has_processed(world: World) -> None:
    await add(world.upstream, "c1", [1], after=0)
    world.refuse = lambda event: ValueError("bad")
    consumer = await prepared(world)
    await consumer.process(await all_events(world.upstream))
    world.refuse = lambda event: None
    await add(world.upstream, "c1", [2], after=1)
    newest = (await all_events(world.upstream))[-1:]
    async with world.downstream.pool.acquire() as retrying:
        async with retrying.transaction():
            await checkpoint.lock(retrying, {("upstream", shard) for shard in range(SHARDS)})
            waiting = asyncio.create_task(consumer.process(newest))
            await until(lambda: waits_for_a_lock(world.downstream))
            (first,) = await parking.list_parked(retrying, subject=stream_of("c1"))
            await parking.resolve(retrying, [first.id], "retried", "operator", "processed", MOMENT)
        await waiting
    assert await parked(world) == {}
    assert await effects(world.downstream) == [(newest[0].shard, 2)]


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
    await asyncio.wait_for(consumer.process(await all_events(world.upstream)), PATIENCE_SECONDS)
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
