"""Random interleavings of everything that can happen to a log, its relay, its topic and its consumers.

PostgreSQL is real; the broker and the network between are in memory, so that they can lose, double and shuffle.
"""

import asyncio
import os
import random
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from libs.contracts import Event
from libs.eventlog import (
    Append,
    ConcurrencyConflict,
    Consumer,
    EventLog,
    Recorded,
    Relay,
    States,
    UnitOfWork,
    is_operational,
    parking,
)
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.stage import Instruction, Stage
from libs.eventlog.verify import stream_holes, verify_shard
from libs.testing.postgres import PostgresUnderTest
from tests.support.kernel import (
    LogSource,
    MemoryTopic,
    add,
    all_events,
    effects,
    effects_table,
    note_effects,
    open_log,
)
from tests.support.ticks import Ticked, stream_of, tick

SHARDS = 3
# More for a long look: HUIJI_TEST_INTERLEAVINGS=500 pytest tests/integration/eventlog/test_kernel_interleavings.py
EXAMPLES = int(os.environ.get("HUIJI_TEST_INTERLEAVINGS", "20"))
CLAIMS = [f"c{number}" for number in range(6)]
PROCESSES = [0, 1]
Result = TypeVar("Result")


class Crash(ConnectionError):
    """The process dies here: nothing after it happens, nothing uncommitted stays."""


class Service:
    """One process of the downstream service: a consumer with its cache, and ways to die."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.die_in_handler = False
        self.die_after_commit = False
        self.states = States("downstream", lambda stream_id: (), _remember)
        self._stage = Stage(self.states, _next_tick)
        self.consumer = Consumer(
            world.downstream, {"upstream": world.source}, self.handle, frozenset({"Ticked"}),
            batch_size=4, on_reset=self.states.clear, breaker=ParkingBreaker(minimum=10**9), source_rest_seconds=0,
        )  # fmt: skip

    async def handle(self, work: UnitOfWork, events: Sequence[Recorded]) -> None:
        """Note effects and append a tick of our own for each; refuse what is poisoned after having done so."""
        await note_effects(work, events)
        await self._stage.apply(work, [_instruction(event) for event in events])
        if any((event.stream_id, event.version) in self._world.poisoned for event in events):
            raise ValueError("poisoned")
        if self.die_in_handler:
            raise Crash
        if self.die_after_commit:
            work.after_commit(self._die)

    def _die(self) -> None:
        raise Crash


def _remember(seen: tuple[int, ...], event: Event) -> tuple[int, ...]:
    assert isinstance(event, Ticked)
    return (*seen, event.number)


def _next_tick(seen: tuple[int, ...], command: Ticked) -> list[Event]:
    return [tick(command.claim_id, command.number)]


def _instruction(recorded: Recorded) -> Instruction[Ticked]:
    event = recorded.decode()
    assert isinstance(event, Ticked)
    return Instruction(recorded.stream_id, event, recorded)


class World:
    """Both logs, the topic between them, and what the test knows must be true."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self.upstream: EventLog
        self.downstream: EventLog
        self.source: LogSource
        self.topic = MemoryTopic(SHARDS)
        self.relays: list[Relay] = []
        self.services: list[Service] = []
        self.poisoned: set[tuple[str, int]] = set()
        self.discarded: set[tuple[int, int]] = set()
        self.versions = dict.fromkeys(CLAIMS, 0)

    async def open(self, url: str) -> None:
        """Fresh schemas and two processes of everything."""
        self.upstream = await self.stack.enter_async_context(open_log(url, "upstream", shards=SHARDS, size=3))
        self.downstream = await self.stack.enter_async_context(
            open_log(url, "downstream", shards=SHARDS, size=3)
        )
        async with self.downstream.pool.acquire() as connection:
            await effects_table(connection)
        self.source = LogSource(self.upstream)
        self.relays = [Relay(self.upstream, self.topic, window=5) for _ in PROCESSES]
        self.services = [Service(self) for _ in PROCESSES]
        for service in self.services:
            await service.consumer.prepare()

    async def restart(self, process: int) -> None:
        """A new process in the place of a dead one."""
        self.services[process] = Service(self)
        await self.services[process].consumer.prepare()

    async def deliver(self, process: int, events: Sequence[Recorded]) -> bool:
        """Hand records to a process; a process that dies is replaced. True when all was processed."""
        try:
            return not await self.services[process].consumer.process(events)
        except Crash:
            await self.restart(process)
        except Exception as error:
            if not is_operational(error):
                raise
        return False

    async def parked(self) -> set[tuple[int, int]]:
        """(shard, position) of what is parked."""
        async with self.downstream.pool.acquire() as connection:
            return {
                (p.event.shard, p.event.position) for p in await parking.list_parked(connection, limit=10_000)
            }


class Interleavings(RuleBasedStateMachine):
    """Everything that can happen, in any order; `postgres` is set by the test: hypothesis makes the instances."""

    postgres: ClassVar[PostgresUnderTest]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.url = self.postgres.create_database()
        self.world = World()
        self.run(self.world.open(self.url))

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(coroutine)

    @rule(claim=st.sampled_from(CLAIMS), count=st.integers(1, 4))
    def append(self, claim: str, count: int) -> None:
        after = self.world.versions[claim]
        self.run(add(self.world.upstream, claim, range(after + 1, after + count + 1), after=after))
        self.world.versions[claim] += count

    @rule(claim=st.sampled_from(CLAIMS), off_by=st.sampled_from([-2, -1, 1, 5]))
    def append_at_a_wrong_version(self, claim: str, off_by: int) -> None:
        wrong = self.world.versions[claim] + off_by
        if wrong >= 0:
            with pytest.raises(ConcurrencyConflict):
                self.run(add(self.world.upstream, claim, [99], after=wrong))

    @rule(claims=st.lists(st.sampled_from(CLAIMS), min_size=2, max_size=4))
    def append_concurrently(self, claims: list[str]) -> None:
        async def race() -> list[BaseException | None]:
            return await asyncio.gather(
                *(add(self.world.upstream, c, [self.world.versions[c] + 1], after=self.world.versions[c])
                  for c in claims),
                return_exceptions=True,
            )  # fmt: skip

        outcomes = self.run(race())
        for claim, outcome in zip(claims, outcomes, strict=True):
            if outcome is None:
                self.world.versions[claim] += 1
            else:
                assert isinstance(outcome, ConcurrencyConflict)

    @rule(claim=st.sampled_from(CLAIMS))
    def append_and_roll_back(self, claim: str) -> None:
        async def roll_back() -> None:
            async with self.world.upstream.transaction() as work:
                work.append(Append(stream_of(claim), self.world.versions[claim], [tick(claim, 99)]))
                raise Crash

        with pytest.raises(Crash):
            self.run(roll_back())

    @rule(process=st.sampled_from(PROCESSES), fault=st.sampled_from(["", "", "", "before", "after", "half"]))
    def publish(self, process: int, fault: str) -> None:
        topic = self.world.topic
        topic.fail_before = fault == "before"
        topic.fail_after = {"after": 10_000, "half": 2}.get(fault)
        try:
            self.run(self.world.relays[process].publish_once())
        except ConnectionError:
            assert fault
        topic.fail_before, topic.fail_after = False, None

    @rule(process=st.sampled_from(PROCESSES))
    def watch_broker(self, process: int) -> None:
        self.run(self.world.relays[process].check_broker())

    @rule()
    def lose_the_broker(self) -> None:
        self.world.topic.lose_everything()

    @rule(up=st.booleans())
    def source_goes_up_or_down(self, up: bool) -> None:
        self.world.source.up = up

    @rule(
        process=st.sampled_from(PROCESSES),
        chooser=st.randoms(use_true_random=False),
        kept=st.sampled_from([1.0, 1.0, 0.7, 0.2]),
        order=st.sampled_from(["in order", "lanes mixed", "shuffled"]),
        death=st.sampled_from(["", "", "", "in handler", "after commit"]),
    )
    def deliver(self, process: int, chooser: random.Random, kept: float, order: str, death: str) -> None:
        lanes = []
        for records in self.world.topic.partitions.values():
            start = chooser.randint(0, len(records))
            lanes.append([record for record in records[start : start + 12] if chooser.random() < kept])
        if order == "in order":
            records = [record for lane in lanes for record in lane]
        else:
            turns = [lane for lane, records in enumerate(lanes) for _ in records]
            chooser.shuffle(turns)
            waiting = [list(lane) for lane in lanes]
            records = [waiting[turn].pop(0) for turn in turns]
            if order == "shuffled":
                chooser.shuffle(records)
        service = self.world.services[process]
        service.die_in_handler, service.die_after_commit = death == "in handler", death == "after commit"
        self.run(self.world.deliver(process, records))
        service.die_in_handler = service.die_after_commit = False

    @rule()
    def both_processes_at_once(self) -> None:
        async def both() -> None:
            records = [
                record for partition in self.world.topic.partitions.values() for record in partition[-12:]
            ]
            await asyncio.gather(*(self.world.deliver(process, records) for process in PROCESSES))

        self.run(both())

    @rule(process=st.sampled_from(PROCESSES))
    def all_flows(self, process: int) -> None:
        async def flow() -> None:
            while await self.world.relays[process].publish_once():
                continue
            records = [record for partition in self.world.topic.partitions.values() for record in partition]
            await self.world.deliver(process, records)

        self.run(flow())

    @rule(process=st.sampled_from(PROCESSES))
    def rebalance(self, process: int) -> None:
        self.run(self.world.services[process].consumer.reset())

    @rule(claim=st.sampled_from(CLAIMS), followers=st.integers(0, 2))
    def append_poison(self, claim: str, followers: int) -> None:
        self.world.poisoned.add((stream_of(claim), self.world.versions[claim] + 1))
        self.append(claim, 1 + followers)

    @precondition(lambda self: self.world.poisoned)
    @rule()
    def heal(self) -> None:
        self.world.poisoned.clear()

    @rule(claim=st.sampled_from(CLAIMS), process=st.sampled_from(PROCESSES))
    def retry(self, claim: str, process: int) -> None:
        self.run(self.world.services[process].consumer.retry(stream_of(claim), "operator"))

    @rule(claim=st.sampled_from(CLAIMS))
    def discard(self, claim: str) -> None:
        async def discard_first() -> None:
            async with self.world.downstream.transaction() as work:
                for item in await parking.list_parked(work.connection, subject=stream_of(claim), limit=1):
                    await parking.resolve(work.connection, [item.id], "discarded", "op", "test", work.now)
                    self.world.discarded.add((item.event.shard, item.event.position))

        self.run(discard_first())

    @invariant()
    def every_processed_event_has_exactly_one_fate(self) -> None:
        self.run(self._check_fates())

    async def _check_fates(self) -> None:
        happened = await effects(self.world.downstream)
        parked = await self.world.parked()
        assert len(happened) == len(set(happened)), "an effect happened twice"
        assert not set(happened) & parked
        assert not set(happened) & self.world.discarded
        rows = await self.world.downstream.pool.fetch("select shard, position from checkpoint")
        passed = {(row["shard"], at) for row in rows for at in range(1, row["position"] + 1)}
        assert passed == set(happened) | parked | self.world.discarded
        for claim in CLAIMS:
            numbers = [
                row["number"]
                for row in await self.world.downstream.pool.fetch(
                    "select number from effect where claim_id = $1 order by id", stream_of(claim)
                )
            ]
            assert numbers == sorted(numbers), "a later event of a claim overtook an earlier one"

    def teardown(self) -> None:
        try:
            self.run(self._without_faults_all_ends_well())
        finally:
            self.run(self.world.stack.aclose())
            self.runner.close()
            self.postgres.drop_database(self.url)

    async def _without_faults_all_ends_well(self) -> None:
        world = self.world
        world.poisoned.clear()
        world.source.up = True
        consumer = world.services[0].consumer
        await consumer.reset()
        await consumer.catch_up("upstream", range(SHARDS))
        for claim in CLAIMS:
            assert (await consumer.retry(stream_of(claim), "operator"))[1] == 0
        await self._check_fates()
        await self._check_logs()
        await self._check_topic()

    async def _check_logs(self) -> None:
        upstream = await all_events(self.world.upstream)
        for log in (self.world.upstream, self.world.downstream):
            async with log.pool.acquire() as connection:
                for shard in range(SHARDS):
                    await verify_shard(connection, log.source, shard)
                assert await stream_holes(connection) == []
        downstream = await all_events(self.world.downstream)
        for claim in CLAIMS:
            mine = [event for event in upstream if event.stream_id == stream_of(claim)]
            assert len(mine) == self.world.versions[claim]
            kept = [event for event in mine if (event.shard, event.position) not in self.world.discarded]
            followed = [event.caused_by for event in downstream if event.stream_id == stream_of(claim)]
            assert followed == [event.event_id for event in kept], "not what a run without faults gives"

    async def _check_topic(self) -> None:
        relay = self.world.relays[0]
        await relay.check_broker()
        while await relay.publish_once():
            continue
        ends = await self.world.source.heads()
        for shard, records in self.world.topic.partitions.items():
            positions = [record.position for record in records]
            if positions or ends[shard]:
                assert set(positions) == set(range(1, ends[shard] + 1))
            assert all(later <= earlier + 1 for earlier, later in pairwise(positions))


# Hypothesis walks hundreds of steps on a real database.
@pytest.mark.timeout(900)
def test_no_interleaving_loses_doubles_or_reorders_an_effect(postgres: PostgresUnderTest) -> None:
    Interleavings.postgres = postgres
    run_state_machine_as_test(
        Interleavings,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
