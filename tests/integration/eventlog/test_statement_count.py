"""The price of a batch is paid per batch: counted in statements, not in seconds."""

from collections.abc import AsyncIterator

import pytest

from libs.contracts import Event
from libs.eventlog import Append, Consumer, EventLog, Recorded, Relay, States
from libs.eventlog.snapshots import SnapshotPolicy, Snapshots
from libs.eventlog.stage import Instruction, Stage
from libs.eventlog.state_codec import StateCodec
from tests.support.kernel import LogSource, MemoryTopic, add, add_to_many, all_events, open_log, watch
from tests.support.ticks import Ticked, stream_of, tick

#: begin, lock checkpoints with parked subjects, tails of states, append and advance checkpoints, commit
STATEMENTS_OF_A_BATCH = 5
#: cursors, advance cursors; the events are those that this process appended
STATEMENTS_OF_A_PUBLISHED_WINDOW = 2
#: and the events, when another process appended them
STATEMENTS_OF_A_WINDOW_FROM_THE_LOG = 3


@pytest.fixture
async def upstream(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "upstream") as log:
        await add_to_many(log, claims=501, each=2)
        yield log


@pytest.fixture
async def downstream(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "downstream", size=1) as log:
        yield log


def repeats(
    downstream: EventLog, upstream: EventLog, *, refuses: str = "", snapshots: Snapshots[int] | None = None
) -> Consumer:
    """Repeats each tick in its own log, but for those of a claim that it cannot decide."""

    def evolve(count: int, event: Event) -> int:
        return count + 1

    def decide(count: int, command: Ticked) -> list[Event]:
        if command.claim_id == refuses:
            raise ArithmeticError
        return [tick(command.claim_id, count + 1)]

    def translate(recorded: Recorded, _: object) -> Instruction[Ticked]:
        event = recorded.decode()
        assert isinstance(event, Ticked)
        return Instruction(recorded.stream_id, event, recorded)

    states: States[int] = States("downstream", lambda stream_id: 0, evolve, snapshots=snapshots)
    stage = Stage(states, decide)
    sources = {"upstream": LogSource(upstream)}
    handler, handled = stage.handler(translate), frozenset({"Ticked"})
    downstream.on_append(lambda _: None)  # as in a service: its own relay is told, no NOTIFY is sent
    return Consumer(downstream, dict(sources), handler, handled, on_reset=states.clear)


@pytest.mark.parametrize("size", [1, 10, 500])
async def test_a_batch_of_any_size_takes_the_same_statements(
    upstream: EventLog, downstream: EventLog, size: int
) -> None:
    consumer = repeats(downstream, upstream)
    await consumer.prepare()
    events = await all_events(upstream)
    # A new connection looks up the types of its arguments once, and a new process where each shard ends.
    first = [event for event in events if event.position == 1]
    await consumer.process(first)
    await consumer.process([event for event in events if event.position == 2])
    sent = await watch(downstream)
    later = [event for event in events if event.position > 2]
    await consumer.process(later[:size])
    assert len(sent) == STATEMENTS_OF_A_BATCH, "\n".join(sent)
    assert len(await all_events(downstream)) == 2 * len(first) + size


@pytest.mark.parametrize(("every", "more"), [(1_000, 0), (3, 1)], ids=["no threshold", "500 thresholds"])
async def test_snapshots_cost_one_statement_where_a_stream_passes_a_threshold_and_none_elsewhere(
    upstream: EventLog, downstream: EventLog, every: int, more: int
) -> None:
    snapshots = Snapshots(StateCodec(int), 1, SnapshotPolicy(every))
    consumer = repeats(downstream, upstream, snapshots=snapshots)
    await add_to_many(upstream, claims=501, each=1, after=2)
    await consumer.prepare()
    events = await all_events(upstream)
    # With the first event of each shard the connection and the shards' ends are known.
    await consumer.process([event for event in events if event.version < 3])
    sent = await watch(downstream)
    thirds = [event for event in events if event.version == 3][:500]
    await consumer.process(thirds)
    about_types = [statement for statement in sent if "pg_catalog" in statement]
    assert len(sent) - len(about_types) == STATEMENTS_OF_A_BATCH + more, "\n".join(sent)
    assert snapshots.taken_total == more * len(thirds)


async def a_batch_with(
    downstream: EventLog, upstream: EventLog, culprit: Recorded, refuses: str = ""
) -> list[str]:
    """What one transaction is sent for the first lane, whose 40 events have the culprit among them."""
    consumer = repeats(downstream, upstream, refuses=refuses)
    await consumer.prepare()
    lane = [event for event in await all_events(upstream) if event.shard == culprit.shard]
    at = lane.index(culprit)
    # The states of some neighbours are known from before; one poisoned event has been met before, too.
    await consumer.process(lane[: at - 20])
    sent = await watch(downstream)
    await consumer.process(lane[at - 20 : at + 20])
    assert consumer.parked_total >= 1
    assert consumer.processed_total == at + 20
    return sent


async def test_an_event_that_cannot_be_read_costs_its_neighbours_one_statement_and_no_attempt(
    upstream: EventLog, downstream: EventLog
) -> None:
    unreadable = Ticked.model_construct(**tick("broken", 1).model_dump(exclude={"number"}))
    async with upstream.transaction() as work:
        work.append(Append(stream_of("broken"), 0, [unreadable]))
    await add_to_many(upstream, claims=501, each=1, after=2)  # neighbours that come after, in every shard
    culprit = next(one for one in await all_events(upstream) if one.stream_id == stream_of("broken"))
    sent = await a_batch_with(downstream, upstream, culprit)
    assert [statement for statement in sent if statement.startswith("BEGIN")] == ["BEGIN;"]
    # That it is parked, and, the first time that this connection parks, what the columns' types are.
    parks = [statement for statement in sent if "insert into parked" in statement]
    assert len(parks) == 1
    about_it = [statement for statement in sent if "parked (" in statement or "pg_catalog" in statement]
    assert len(sent) - len(about_it) == STATEMENTS_OF_A_BATCH, "\n".join(sent)


async def test_an_event_that_cannot_be_decided_is_decided_again_in_the_same_transaction(
    upstream: EventLog, downstream: EventLog
) -> None:
    await add(upstream, "undecidable", [1], after=0)
    await add_to_many(upstream, claims=501, each=1, after=2)  # neighbours that come after, in every shard
    culprit = next(one for one in await all_events(upstream) if one.stream_id == stream_of("undecidable"))
    sent = await a_batch_with(downstream, upstream, culprit, refuses="undecidable")
    assert [statement for statement in sent if statement.startswith("BEGIN")] == ["BEGIN;"]
    loads = [statement for statement in sent if "as known (stream_id, version)" in statement]
    assert len(loads) == 3, "with it, with it read anew, and without it"


@pytest.mark.parametrize("claims", [1, 50])
async def test_a_published_window_of_any_size_takes_the_same_statements(database: str, claims: int) -> None:
    async with open_log(database, "intake", size=1) as log:
        relay = Relay(log, MemoryTopic(log.shards))
        await add(log, "first", [1], after=0)
        await relay.publish_once()
        await add_to_many(log, claims=claims, each=3)
        sent = await watch(log)
        await relay.publish_once()
        assert len(sent) == STATEMENTS_OF_A_PUBLISHED_WINDOW, "\n".join(sent)


@pytest.mark.parametrize("claims", [1, 50])
async def test_a_window_that_another_process_appended_takes_one_more(database: str, claims: int) -> None:
    async with open_log(database, "intake", size=1) as log, open_log(database, "intake") as other:
        relay = Relay(log, MemoryTopic(log.shards))
        await add(other, "first", [1], after=0)
        await relay.publish_once()
        await add_to_many(other, claims=claims, each=3)
        sent = await watch(log)
        await relay.publish_once()
        assert len(sent) == STATEMENTS_OF_A_WINDOW_FROM_THE_LOG, "\n".join(sent)
