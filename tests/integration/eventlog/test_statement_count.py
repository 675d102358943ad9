"""The price of a batch is paid per batch: counted in statements, not in seconds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.contracts import Event
from libs.eventlog import Consumer, EventLog, Recorded, Relay, States
from libs.eventlog.stage import Instruction, Stage
from tests.support.kernel import LogSource, MemoryTopic, add, add_to_many, all_events, open_log
from tests.support.ticks import Ticked, tick

#: begin, lock checkpoints, parked subjects, tails of states, lock shards, append, advance checkpoints, commit
STATEMENTS_OF_A_BATCH = 8
#: begin, cursors and events, advance cursors, commit
STATEMENTS_OF_A_PUBLISHED_WINDOW = 4


@pytest.fixture
async def upstream(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "upstream") as log:
        await add_to_many(log, claims=501, each=2)
        yield log


@pytest.fixture
async def downstream(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "downstream", size=1) as log:
        yield log


async def watch(log: EventLog) -> list[str]:
    """What the log's only connection is sent from now on."""
    sent: list[str] = []

    def note(record: Any) -> None:
        sent.append(record.query)

    async with log.pool.acquire() as connection:
        # On the connection itself: the pool's proxy would drop the logger when it is released.
        inner: Any = connection
        inner._con.add_query_logger(note)
    return sent


@pytest.mark.parametrize("size", [1, 10, 500])
async def test_a_batch_of_any_size_takes_the_same_statements(
    upstream: EventLog, downstream: EventLog, size: int
) -> None:
    def evolve(count: int, event: Event) -> int:
        return count + 1

    def decide(count: int, command: Ticked) -> list[Event]:
        return [tick(command.claim_id, count + 1)]

    def translate(recorded: Recorded, _: object) -> Instruction[Ticked]:
        event = recorded.decode()
        assert isinstance(event, Ticked)
        return Instruction(recorded.stream_id, event, recorded)

    stage = Stage(States("downstream", lambda stream_id: 0, evolve), decide)
    sources = {"upstream": LogSource(upstream)}
    consumer = Consumer(downstream, dict(sources), stage.handler(translate), frozenset({"Ticked"}))
    await consumer.prepare()
    events = await all_events(upstream)
    downstream.on_append(lambda: None)  # as in a service: its own relay is told, no NOTIFY is sent
    await consumer.process(events[:1])  # a new connection looks up the types of its arguments once
    sent = await watch(downstream)
    await consumer.process(events[1 : 1 + size])
    assert len(sent) == STATEMENTS_OF_A_BATCH, "\n".join(sent)
    assert len(await all_events(downstream)) == 1 + size


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
