"""The relay against a broker that fails in every way, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import asyncpg
import pytest

from libs.eventlog import EventLog, Recorded, Relay, cursors, is_operational
from libs.eventlog.topic import Placed, TopicLost
from libs.testing.waiting import PATIENCE_SECONDS
from tests.support.kernel import MemoryTopic, add, add_to_many, all_events, open_log
from tests.support.waiting import until

SHARDS = 4


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "intake", shards=SHARDS) as opened:
        yield opened


async def publish_all(relay: Relay) -> int:
    total = 0
    while published := await relay.publish_once():
        total += published
    return total


async def assert_every_position_is_there(log: EventLog, topic: MemoryTopic) -> None:
    """And nobody who reads in order ever jumps forward over one."""
    ends = dict.fromkeys(range(SHARDS), 0)
    for event in await all_events(log):
        ends[event.shard] = event.position
    for shard, events in topic.partitions.items():
        positions = [event.position for event in events]
        assert set(positions) == set(range(1, ends[shard] + 1))
        assert all(later <= earlier + 1 for earlier, later in pairwise(positions))


async def ends_of(log: EventLog) -> dict[int, int]:
    return {row["shard"]: row["position"] for row in await log.pool.fetch("select * from shard")}


def positions_of(topic: MemoryTopic) -> dict[int, list[int]]:
    return {shard: [event.position for event in events] for shard, events in topic.partitions.items()}


async def test_every_event_is_published_once_in_order(log: EventLog) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic, window=3)
    await add_to_many(log, claims=10, each=4)
    assert await publish_all(relay) == 40
    assert [event for shard in range(SHARDS) for event in topic.partitions[shard]] == await all_events(log)
    assert relay.published_total == 40


async def test_what_this_and_another_process_appended_in_turn_is_published_in_order(
    log: EventLog, database: str
) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic, window=3)
    async with open_log(database, "intake", shards=SHARDS) as other:
        for number, process in enumerate([log, other, other, log, other, log]):
            await add_to_many(process, claims=10, each=1, after=number)
        assert await publish_all(relay) == 60
        await add_to_many(other, claims=10, each=1, after=6)
        await add_to_many(log, claims=10, each=1, after=7)
        assert await publish_all(relay) == 20
    assert [event for shard in range(SHARDS) for event in topic.partitions[shard]] == await all_events(log)


async def test_an_answer_that_was_lost_costs_duplicates_and_no_gap(log: EventLog) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic, window=3)
    await add_to_many(log, claims=10, each=4)
    topic.fail_after = 2
    with pytest.raises(ConnectionError):
        await relay.publish_once()
    topic.fail_after = None
    await publish_all(relay)
    await assert_every_position_is_there(log, topic)


async def test_a_shard_that_cannot_be_published_holds_only_itself(log: EventLog) -> None:
    class OneBadPartition(MemoryTopic):
        async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
            if shard == 1:
                raise ConnectionError("no leader")
            return await super().publish(shard, events)

    topic = OneBadPartition(SHARDS)
    relay = Relay(log, topic)
    await add_to_many(log, claims=20, each=1)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await relay.publish_once()
    per_shard = {shard: len(events) for shard, events in topic.partitions.items()}
    expected = [event.shard for event in await all_events(log)]
    assert per_shard == {shard: 0 if shard == 1 else expected.count(shard) for shard in range(SHARDS)}


async def test_a_lost_topic_is_rebuilt_when_the_next_event_is_published(log: EventLog) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic)
    await add_to_many(log, claims=10, each=4)
    await publish_all(relay)
    topic.lose_everything()
    await add_to_many(log, claims=10, each=1, after=4)
    await publish_all(relay)
    await assert_every_position_is_there(log, topic)


async def test_a_lost_topic_is_rebuilt_though_nothing_is_appended(log: EventLog) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic)
    await add_to_many(log, claims=10, each=4)
    await publish_all(relay)
    assert not await relay.check_broker()
    topic.lose_everything()
    assert await relay.check_broker()
    await publish_all(relay)
    await assert_every_position_is_there(log, topic)
    assert not await relay.check_broker()


async def test_a_topic_lost_in_the_middle_of_a_window_is_rebuilt(log: EventLog) -> None:
    class LostHalfWay(MemoryTopic):
        lose = False

        async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
            if not self.lose:
                return await super().publish(shard, events)
            self.lose = False
            self.lose_everything()
            self.partitions[shard] += events[len(events) // 2 :]
            raise TopicLost("offset 0, not 30")

    topic = LostHalfWay(SHARDS)
    relay = Relay(log, topic, window=10)
    await add_to_many(log, claims=10, each=4)
    await publish_all(relay)
    topic.lose = True
    await add_to_many(log, claims=10, each=4, after=4)
    await publish_all(relay)
    await relay.check_broker()
    await publish_all(relay)
    await assert_every_position_is_there(log, topic)


async def test_a_second_look_at_an_old_loss_does_not_start_the_rebuild_again(log: EventLog) -> None:
    """Two relays see the loss; the slower one must not undo what the faster has rebuilt."""
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic)
    await add_to_many(log, claims=10, each=4)
    await publish_all(relay)
    lost = {row["shard"]: row["broker_offset"] for row in await log.pool.fetch("select * from relay")}
    await log.pool.execute("update relay set broker_offset = broker_offset + 100")
    async with log.pool.acquire() as connection:
        await cursors.rewind(connection, log.source, lost, None)
    assert await publish_all(relay) == 0


async def test_of_a_lost_topic_the_last_events_are_published_again_and_all_that_never_were(
    log: EventLog,
) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic, rebuilt_events=3)
    await add_to_many(log, claims=20, each=4)
    await publish_all(relay)
    published = await ends_of(log)
    topic.lose_everything()
    await add_to_many(log, claims=20, each=4, after=4)
    assert await relay.check_broker()
    await publish_all(relay)
    recorded = await ends_of(log)
    assert positions_of(topic) == {
        shard: list(range(published[shard] + 1, end + 1)) for shard, end in recorded.items()
    }
    topic.lose_everything()
    assert await relay.check_broker()
    await publish_all(relay)
    assert positions_of(topic) == {shard: [end - 2, end - 1, end] for shard, end in recorded.items()}


async def test_several_relays_leave_no_gap_and_no_jump(log: EventLog) -> None:
    class Slow(MemoryTopic):
        async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
            await asyncio.sleep(0.001)
            return await super().publish(shard, events)

    topic = Slow(SHARDS)
    async with running(*(Relay(log, topic, window=5, poll_seconds=0.01) for _ in range(3))):
        for round_ in range(10):
            await add_to_many(log, claims=10, each=1, after=round_)
        # Not as many records: what one relay has published another may publish again.
        await until(lambda: sum(map(len, map(set, topic.partitions.values()))) == 100)
    await assert_every_position_is_there(log, topic)


class Held(MemoryTopic):
    """Publishes when it is told to."""

    def __init__(self) -> None:
        super().__init__(SHARDS)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def publish(self, shard: int, events: Sequence[Recorded]) -> Placed:
        self.reached.set()
        await self.go_on.wait()
        return await super().publish(shard, events)


async def test_what_one_relay_is_publishing_another_leaves(log: EventLog, database: str) -> None:
    topic = Held()
    async with open_log(database, "intake", shards=SHARDS) as replica:
        other = Relay(replica, topic)
        await add_to_many(log, claims=10, each=1)
        publishing = asyncio.create_task(Relay(log, topic).publish_once())
        await topic.reached.wait()
        assert await other.publish_once() == 0
        topic.go_on.set()
        assert await publishing == 10
        await add_to_many(log, claims=10, each=1, after=1)
        assert await other.publish_once() == 10
    await assert_every_position_is_there(log, topic)


_ADVISORY_LOCKS = (
    "from pg_locks where locktype = 'advisory'"
    " and database = (select oid from pg_database where datname = current_database())"
)


@pytest.mark.parametrize("ended", ["cancelled", "lost its connection"])
async def test_a_relay_that_is_stopped_while_it_publishes_leaves_nothing_locked(
    log: EventLog, database: str, ended: str
) -> None:
    topic = Held()
    async with open_log(database, "intake", shards=SHARDS) as replica:
        await add_to_many(log, claims=10, each=1)
        publishing = asyncio.create_task(Relay(log, topic).publish_once())
        await topic.reached.wait()
        if ended == "cancelled":
            publishing.cancel()
        else:
            await replica.pool.execute(f"select pg_terminate_backend(pid) {_ADVISORY_LOCKS}")
        topic.go_on.set()
        await asyncio.wait({publishing})
        if ended != "cancelled":
            error = publishing.exception()
            assert error is not None
            assert is_operational(error)
        assert await replica.pool.fetchval(f"select count(*) {_ADVISORY_LOCKS}") == 0
        assert await Relay(replica, topic).publish_once() == 10
        await add_to_many(replica, claims=10, each=1, after=1)
        assert await Relay(log, topic).publish_once() == 10, "its pool has no connection that is broken"
    await assert_every_position_is_there(log, topic)


async def test_a_cursor_that_was_moved_meanwhile_is_not_moved_again(log: EventLog) -> None:
    """An operator has the topic rebuilt while a window is published: the rebuild starts from the beginning."""
    topic = Held()
    relay = Relay(log, topic)
    topic.go_on.set()
    await add_to_many(log, claims=10, each=1)
    await publish_all(relay)
    topic.go_on.clear()
    topic.reached.clear()
    await add_to_many(log, claims=10, each=1, after=1)
    publishing = asyncio.create_task(relay.publish_once())
    await topic.reached.wait()
    await relay.rebuild_topic()
    topic.go_on.set()
    await publishing
    assert await log.pool.fetchval("select max(position) from relay") == 0
    assert await publish_all(relay) == 20
    await assert_every_position_is_there(log, topic)


async def test_an_append_wakes_the_relay_at_once(log: EventLog) -> None:
    topic = MemoryTopic(SHARDS)
    async with running(Relay(log, topic, poll_seconds=3600)):
        await add(log, "c1", [1], after=0)
        await until(lambda: sum(map(len, topic.partitions.values())) == 1)


async def test_another_process_wakes_the_relay_by_notifying(log: EventLog, database: str) -> None:
    topic = MemoryTopic(SHARDS)
    relay = Relay(log, topic, poll_seconds=3600)
    async with running(relay), open_log(database, "intake", shards=SHARDS) as command_line:
        await until(lambda: listening(log))
        await add(command_line, "c1", [1], after=0)
        await until(lambda: sum(map(len, topic.partitions.values())) == 1)


@pytest.mark.parametrize("ticks", range(6))
async def test_a_relay_that_is_woken_and_cancelled_at_once_ends(log: EventLog, ticks: int) -> None:
    class Idle(Relay):
        async def publish_once(self) -> int:
            return 0

    relay = Idle(log, MemoryTopic(SHARDS), poll_seconds=3600)
    publishing = asyncio.create_task(relay._publish_forever())
    for _ in range(10):  # until it waits to be woken
        await asyncio.sleep(0)
    relay.wake()
    for _ in range(ticks):
        await asyncio.sleep(0)
    publishing.cancel()
    await asyncio.wait({publishing}, timeout=PATIENCE_SECONDS)
    assert publishing.cancelled()


@pytest.mark.parametrize("call", ["publish", "end_offsets"])
async def test_a_client_that_swallows_the_cancellation_does_not_keep_a_relay(
    log: EventLog, call: str
) -> None:
    """As `asyncio.wait_for` does in Python 3.11, when the answer comes in the same moment."""
    asked = asyncio.Event()

    async def swallow(*_: object) -> Placed | dict[int, int]:
        asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return Placed(0, 0) if call == "publish" else dict.fromkeys(range(SHARDS), 1)

    topic = MemoryTopic(SHARDS)
    setattr(topic, call, swallow)
    running_relay = asyncio.create_task(Relay(log, topic, watch_seconds=0.01, poll_seconds=3600).run())
    await add(log, "c1", [1], after=0)
    await asked.wait()
    running_relay.cancel()
    await asyncio.wait({running_relay}, timeout=PATIENCE_SECONDS)
    assert running_relay.cancelled()


async def test_a_relay_whose_listening_connection_dies_listens_again(log: EventLog, database: str) -> None:
    topic = MemoryTopic(SHARDS)
    async with running(Relay(log, topic, poll_seconds=3600, retry_seconds=0.01)):
        await until(lambda: listening(log))
        first = await listeners(log)
        await kill_listener(database)

        async def another_listens() -> bool:
            return bool(await listeners(log) - first)

        await until(another_listens)


async def test_while_the_broker_is_away_no_transaction_is_held(log: EventLog) -> None:
    class Away(MemoryTopic):
        away = True

        async def end_offsets(self) -> dict[int, int]:
            if self.away:
                raise ConnectionError("the broker is away")
            return await super().end_offsets()

    topic = Away(SHARDS)
    topic.fail_before = True
    relay = Relay(log, topic, poll_seconds=0.01, retry_seconds=0.01, watch_seconds=0.01)
    async with running(relay):
        await add(log, "c1", [1], after=0)
        # Not `failing`: the watch may have noticed first, while the transaction of the one attempt still ends.
        await until(lambda: "publish" in relay._failing)
        for _ in range(20):
            open_ = await log.pool.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state = 'idle in transaction' and pid <> pg_backend_pid()"
            )
            assert open_ == 0
        topic.away = topic.fail_before = False
        await until(lambda: relay.failing is None and sum(map(len, topic.partitions.values())) == 1)


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


_LISTENERS = "select pid from pg_stat_activity where datname = current_database() and query ilike 'listen%'"


async def listeners(log: EventLog) -> set[int]:
    """Process ids of the connections that listen."""
    return {row["pid"] for row in await log.pool.fetch(_LISTENERS)}


async def listening(log: EventLog) -> bool:
    return bool(await listeners(log))


async def kill_listener(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query ilike 'listen%'"
        )
    finally:
        await connection.close()
