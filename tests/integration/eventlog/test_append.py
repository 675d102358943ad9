"""Appending on a real PostgreSQL: gapless, dense, all or nothing, and untouchable afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from libs.eventlog import Append, ChainBroken, ConcurrencyConflict, EventLog, Recorded, UnitOfWork
from libs.eventlog.append import LARGEST_BODY_BYTES
from libs.eventlog.errors import EventTooLarge, LogDamaged, ShardCountDiffers
from libs.eventlog.log import channel_of
from libs.eventlog.verify import stream_holes, verify_shard
from libs.testing.waiting import PATIENCE_SECONDS
from tests.support.kernel import add, add_to_many, all_events, open_log, waits_for_a_lock
from tests.support.ticks import stream_of, tick
from tests.support.waiting import until


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "intake", size=12) as opened:
        yield opened


async def append(log: EventLog, *appends: Append) -> None:
    async with log.transaction() as work:
        for one in appends:
            work.append(one)


async def test_positions_have_no_gaps_and_versions_no_holes(log: EventLog) -> None:
    await add_to_many(log, claims=20, each=3)
    await add_to_many(log, claims=20, each=2, after=3)
    async with log.pool.acquire() as connection:
        walked = [await verify_shard(connection, "intake", shard) for shard in range(log.shards)]
        assert await stream_holes(connection) == []
    assert sum(shard.events for shard in walked) == 100


@pytest.mark.parametrize("wrong", [0, 1, 3, 7])
async def test_a_wrong_expected_version_changes_nothing(log: EventLog, wrong: int) -> None:
    await add(log, "c1", [1, 2], after=0)
    right = Append(stream_of("c9"), 0, [tick("c9")])
    with pytest.raises(ConcurrencyConflict):
        await append(log, right, Append(stream_of("c1"), wrong, [tick("c1", 3)]))
    assert len(await all_events(log)) == 2


async def test_processes_that_append_in_turn_leave_one_chain_in_each_shard(
    log: EventLog, database: str
) -> None:
    async with open_log(database, "intake") as other:
        for number, process in enumerate([log, log, other, log, other, other, log]):
            await add_to_many(process, claims=10, each=1, after=number)
    async with log.pool.acquire() as connection:
        walked = [await verify_shard(connection, "intake", shard) for shard in range(log.shards)]
    assert sum(shard.events for shard in walked) == 70


async def test_who_waits_while_another_process_appends_goes_on_after_what_that_has_appended(
    log: EventLog, database: str
) -> None:
    await add(log, "c1", [1], after=0)
    shard = (await all_events(log))[0].shard
    async with open_log(database, "intake") as other:
        await add(other, "c1", [2], after=1)  # now both believe to know the shard's end
        await add(log, "c1", [3], after=2)

        async def until_the_other_waits(work: UnitOfWork, recorded: list[Recorded]) -> None:
            waiting.append(asyncio.create_task(add(other, "c1", [5], after=4)))
            await until(lambda: waits_for_a_lock(log))

        waiting: list[asyncio.Task[None]] = []
        async with log.transaction(until_the_other_waits) as work:
            work.append(Append(stream_of("c1"), 3, [tick("c1", 4)]))
        # It had looked for version 4 before that was committed: its caller decides anew.
        with pytest.raises(ConcurrencyConflict):
            await waiting[0]
        await add(other, "c1", [5], after=4)
        await add(other, "c1", [6], after=5)
        await add(log, "c1", [7], after=6)
    async with log.pool.acquire() as connection:
        assert (await verify_shard(connection, "intake", shard)).events == 7


async def test_an_empty_append_does_not_hide_a_wrong_version(log: EventLog) -> None:
    with pytest.raises(ConcurrencyConflict):
        await append(log, Append(stream_of("c1"), 5, []), Append(stream_of("c1"), 5, [tick("c1", 6)]))


async def test_of_many_writers_at_one_version_exactly_one_wins(log: EventLog) -> None:
    outcomes = await asyncio.gather(
        *(add(log, "c1", [writer], after=0) for writer in range(10)), return_exceptions=True
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, ConcurrencyConflict)]
    assert len(lost) == 9
    assert len(await all_events(log)) == 1


async def test_listeners_hear_of_commits_only(log: EventLog) -> None:
    heard: list[int] = []
    log.on_append(lambda _: heard.append(1))
    await add(log, "c1", [1], after=0)
    with pytest.raises(ConcurrencyConflict):
        await add(log, "c1", [1], after=0)
    with contextlib.suppress(ZeroDivisionError):
        async with log.transaction() as work:
            work.append(Append(stream_of("c2"), 0, [tick("c2")]))
            work.after_commit(lambda: heard.append(2))
            heard.append(1 // 0)
    assert heard == [1]


async def test_a_process_without_relay_notifies_those_that_have_one(log: EventLog, database: str) -> None:
    told = asyncio.Event()
    listener = await asyncpg.connect(database)
    try:
        await listener.add_listener(channel_of("intake"), lambda *_: told.set())
        await add(log, "c1", [1], after=0)
        await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
    finally:
        await listener.close()


async def test_what_no_broker_would_take_is_refused_before_it_is_recorded(log: EventLog) -> None:
    with pytest.raises(EventTooLarge, match="limit is 900000"):
        await append(log, Append(stream_of("c1"), 0, [tick("c1", note="x" * LARGEST_BODY_BYTES)]))
    assert await all_events(log) == []


@pytest.mark.parametrize(
    "statement",
    ["update event set type = 'Other'", "delete from event where position = 1", "truncate event"],
)
async def test_the_database_itself_refuses_to_change_events(log: EventLog, statement: str) -> None:
    await add(log, "c1", [1], after=0)
    with pytest.raises(asyncpg.RaiseError, match="events are never changed"):
        await log.pool.execute(statement)


async def tampered(log: EventLog, statement: str) -> None:
    """What somebody with the owner's rights can do."""
    async with log.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table event disable trigger event_is_append_only")
        await connection.execute(statement)
        await connection.execute("alter table event enable trigger event_is_append_only")


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("update event set body = body || ' '::bytea where position = 2", 2),
        ("update event set recorded_at = recorded_at + interval '1 us' where position = 3", 3),
        ("update event set subject = 'claim-x' where position = 1", 1),
        ("delete from event where position = 2", 2),
        ("delete from event where position = 5", 5),
        ("update shard set hash = '\\x00'", 5),
    ],
)
async def test_the_verifier_names_where_a_log_was_tampered_with(
    database: str, statement: str, position: int
) -> None:
    async with open_log(database, "intake", shards=1) as log:
        await add(log, "c1", range(1, 6), after=0)
        await tampered(log, statement)
        async with log.pool.acquire() as connection:
            with pytest.raises(ChainBroken) as broken:
                await verify_shard(connection, "intake", 0)
        assert broken.value.position == position


async def test_a_shard_that_points_at_taken_positions_is_damage_and_not_a_conflict(database: str) -> None:
    async with open_log(database, "intake", shards=1) as log:
        await add(log, "c1", [1, 2], after=0)
        await log.pool.execute("update shard set position = 1")
        with pytest.raises(LogDamaged):
            await add(log, "c2", [1], after=0)


async def test_the_number_of_shards_is_fixed(database: str) -> None:
    async with open_log(database, "intake", shards=4):
        with pytest.raises(ShardCountDiffers, match="4 shards, the settings say 8"):
            async with open_log(database, "intake", shards=8):
                pass
