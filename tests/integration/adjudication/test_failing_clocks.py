"""A clock that cannot be heard, whatever the fault, rings later and stops no other claim's."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

import services.adjudication
from libs.benefits import load_plans
from libs.contracts import Event
from libs.contracts.adjudication import ClaimPended
from libs.eventlog import EventLog, States, read
from libs.eventlog.database import open_pool
from libs.eventlog.stage import Stage
from libs.testing.recorded import a_recorded
from services.adjudication.adapters import deadlines
from services.adjudication.domain.commands import Clocks, Command, PassDeadline
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import Person, initial
from services.adjudication.use_cases.hear_events import hear_events
from services.adjudication.use_cases.pass_deadlines import pass_deadlines
from tests.unit.adjudication.heard_events import registered

_MIGRATIONS = Path(services.adjudication.__file__).parent / "migrations"
CLOCKS = Clocks(answer=timedelta(seconds=30), pended=timedelta(hours=72))
BAD = "c3"


class Clock:
    """The time as the test has it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def log(database: str, clock: Clock) -> AsyncIterator[EventLog]:
    pool = await open_pool(database, "adjudication", size=2)
    log = EventLog(pool, "adjudication", 4, clock, uuid4)
    await log.prepare([_MIGRATIONS])
    yield log
    await pool.close()


def stage_with(decider: "partial[Sequence[Event]]") -> Stage[Person, Command]:
    def with_a_fault(person: Person, command: Command) -> Sequence[Event]:
        if isinstance(command, PassDeadline) and command.claim_id == BAD:
            raise ZeroDivisionError
        return decider(person, command)

    return Stage(States("adjudication", initial, evolve), with_a_fault)


async def hear_five_claims(log: EventLog, stage: Stage[Person, Command]) -> None:
    recorded = [a_recorded("intake", registered(f"c{number}"), number) for number in range(1, 6)]
    async with log.transaction() as work:
        await hear_events(stage, CLOCKS)(work, recorded)


async def pended(log: EventLog) -> list[str]:
    async with log.pool.acquire() as connection:
        pages = [await read.read_shard(connection, "adjudication", shard, 0, 1_000) for shard in range(4)]
    events = [recorded.decode() for page in pages for recorded in page]
    return sorted(event.claim_id for event in events if isinstance(event, ClaimPended))


async def test_the_others_are_heard_and_the_failing_one_is_shown_and_tried_again(
    log: EventLog, clock: Clock
) -> None:
    plans = load_plans()
    stage = stage_with(partial(decide, plans=plans))
    await hear_five_claims(log, stage)
    assert await pass_deadlines(log, stage, CLOCKS) == 0
    clock.now += timedelta(seconds=30)
    assert await pass_deadlines(log, stage, CLOCKS) == 5
    assert await pended(log) == ["c1", "c2", "c4", "c5"]
    assert await pass_deadlines(log, stage, CLOCKS) == 0
    async with log.pool.acquire() as connection:
        (shown,) = await deadlines.failing(connection, 10)
    assert (shown["claim_id"], shown["failures"], shown["failure"]) == (BAD, 1, "ZeroDivisionError")

    clock.now += timedelta(hours=1)
    mended = Stage(States("adjudication", initial, evolve), partial(decide, plans=plans))
    assert await pass_deadlines(log, mended, CLOCKS) == 1
    assert await pended(log) == ["c1", "c2", "c3", "c4", "c5"]
    async with log.pool.acquire() as connection:
        assert await deadlines.failing(connection, 10) == []


async def test_a_time_that_is_set_back_while_clocks_are_heard_silences_none_of_them(
    log: EventLog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(States("adjudication", initial, evolve), partial(decide, plans=load_plans()))
    await hear_five_claims(log, stage)
    began, due = clock.now, clock.now + timedelta(seconds=30)
    with monkeypatch.context() as patched:
        patched.setattr(log, "clock", iter([due, began]).__next__)
        assert await pass_deadlines(log, stage, CLOCKS) == 0
    assert await pended(log) == []
    clock.now = due
    assert await pass_deadlines(log, stage, CLOCKS) == 5
    assert await pended(log) == ["c1", "c2", "c3", "c4", "c5"]
