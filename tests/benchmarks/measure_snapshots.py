"""What a snapshot saves: loading a person and deciding a claim of theirs, with and without, by length of the stream.

`python -m tests.benchmarks.measure_snapshots`: adjudication's own fold and decider on PostgreSQL from the wheel, one
person with so many visits, a process that has seen nothing of them yet. Read the ratios.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from rich.console import Console

from libs.contracts import Event
from libs.eventlog import Append, EventLog
from libs.eventlog.read import read_streams
from libs.eventlog.snapshots import SnapshotPolicy, write_snapshots
from libs.eventlog.stage import Instruction, Stage
from libs.local_platform import (
    Processes,
    create_database_if_missing,
    remove_postgres,
    start_embedded_postgres,
)
from services.adjudication.adapters.person_states import person_states
from services.adjudication.domain.commands import Command, Heard, TakeNote
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import Person, initial
from tests.support.kernel import open_log
from tests.unit.adjudication.heard_events import (
    NOW,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    covered,
    registered,
    scored,
)
from tests.unit.adjudication.told_person import CLOCKS, PLANS

LENGTHS = (10, 100, 1_000, 5_000)
EVENTS_OF_A_VISIT = 4
TIMES = 5
LATEST_DAY = 360
"""Of the year of cover: a visit before others would have those decided anew, which outweighs all else."""
READING = SnapshotPolicy(every=1_000_000_000)
"""Snapshots are read, and none is taken."""


People = Stage[Person, Command]


class Taken(NamedTuple):
    """Milliseconds of this process's processor and of the clock, the best of several."""

    processor_ms: float
    clock_ms: float


class Measured(NamedTuple):
    """Of a stream with so many events. `snapshot_ms`: what taking one costs; sizes in kB."""

    events: int
    log_kb: float
    snapshot_kb: float
    load: Taken
    load_after_snapshot: Taken
    decide: Taken
    decide_after_snapshot: Taken
    decide_in_memory: Taken
    snapshot_ms: float


async def measure_length(log: EventLog, events: int) -> Measured:
    """Record a person's stream of at least so many events, and load it and decide their next visit in new processes."""
    person_id = f"p_{events:032d}"
    stream_id = f"person-{person_id}"
    told = _told(person_id, max(1, events // EVENTS_OF_A_VISIT))
    async with log.transaction() as work:
        work.append(Append(stream_id, 0, told))
    next_visit = [
        TakeNote(one, NOW + timedelta(days=500), CLOCKS) for one in _visit(person_id, 99_999, LATEST_DAY)
    ]

    async def load(stage: People) -> None:
        async with log.pool.acquire() as connection:
            await stage.states.load(connection, [stream_id])

    async def deciding(stage: People) -> None:
        """Decided in a transaction that is given up: every time the same visit."""
        try:
            async with log.transaction() as work:
                await stage.apply(work, [Instruction(stream_id, command) for command in next_visit])
                raise _GivenUp
        except _GivenUp:
            pass

    load_without = await _best(partial(_new, None), load)
    decide_without = await _best(partial(_new, None), deciding)
    known = _new(None)
    async with log.pool.acquire() as connection:
        known.states.keep(await known.states.load(connection, [stream_id]))
    in_memory = await _best(lambda: known, deciding)
    snapshot_kb, snapshot_ms = await _take(log, stream_id)
    return Measured(
        len(told),
        (await log.pool.fetchval("select sum(length(body)) from event where stream_id = $1", stream_id))
        / 1_000,
        snapshot_kb,
        load_without,
        await _best(partial(_new, READING), load),
        decide_without,
        await _best(partial(_new, READING), deciding),
        in_memory,
        snapshot_ms,
    )


class _GivenUp(Exception):
    """The transaction is not to commit."""


def _new(policy: SnapshotPolicy | None) -> People:
    return Stage(person_states(policy), partial(decide, plans=PLANS))


async def _best(new: Callable[[], People], act: Callable[[People], Awaitable[None]]) -> Taken:
    """Each time in a process that is new to the stream."""
    taken = []
    for _ in range(TIMES):
        stage = new()
        clock, processor = perf_counter(), process_time()
        await act(stage)
        taken.append(Taken((process_time() - processor) * 1_000, (perf_counter() - clock) * 1_000))
    return Taken(min(one.processor_ms for one in taken), min(one.clock_ms for one in taken))


async def _take(log: EventLog, stream_id: str) -> tuple[float, float]:
    """Keep the stream's state at its newest event; how large it is in kB, and how long making and writing it took."""
    states = person_states(READING)
    assert states.snapshots is not None
    async with log.pool.acquire() as connection:
        loaded = (await states.load(connection, [stream_id]))[stream_id]
        events = await read_streams(connection, log.source, [stream_id])
        took = []
        for _ in range(TIMES):
            begin = perf_counter()
            draft = states.snapshots.draft(stream_id, loaded.version, loaded.state)
            await write_snapshots(connection, [draft], events[-1:])
            took.append((perf_counter() - begin) * 1_000)
    return len(draft.state) / 1_000, min(took)


def _visit(person_id: str, number: int, day: int) -> list[Heard]:
    claim_id, on = f"c{number:05}", date(2026, 1, 1) + timedelta(days=day)
    bill = a_settlement(total_fen=800 * YUAN, self_funded_fen=100 * YUAN, pool_fen=500 * YUAN)
    visit = a_visit(admitted_on=on, discharged_on=on)
    return [
        registered(claim_id, person_id, visit=visit, settlement=bill),
        attached(claim_id, person_id),
        scored(claim_id, person_id),
    ]


def _told(person_id: str, visits: int) -> list[Event]:
    """What adjudication says of a person with so many small visits, spread over a year of cover."""
    heard: list[Heard] = [covered(person_id)]
    for number in range(visits):
        heard += _visit(person_id, number, number * LATEST_DAY // visits)
    person, told = initial(f"person-{person_id}"), list[Event]()
    for second, one in enumerate(heard):
        for event in decide(person, TakeNote(one, NOW + timedelta(seconds=second), CLOCKS), PLANS):
            person = evolve(person, event)
            told.append(event)
    return told


async def main(database_url: str) -> None:
    """Measure and print."""
    say = Console().print
    say(f"Per person: processor time of this process (and clock) in ms, the best of {TIMES}", highlight=False)
    async with open_log(database_url, "adjudication", size=2) as log:
        log.on_append(lambda _: None)
        for length in LENGTHS:
            say(told(await measure_length(log, length)), highlight=False)


def told(one: Measured) -> str:
    """Two lines."""
    load, decided = (
        f"{before.processor_ms:.2f} ({before.clock_ms:.1f}) -> {after.processor_ms:.2f} ({after.clock_ms:.1f})"
        f", {before.processor_ms / after.processor_ms:.1f} times less"
        for before, after in ((one.load, one.load_after_snapshot), (one.decide, one.decide_after_snapshot))
    )
    return (
        f"{one.events:>5} events, {one.log_kb:.0f} kB;"
        f" snapshot {one.snapshot_kb:.0f} kB, taken in {one.snapshot_ms:.1f} ms (clock)\n"
        f"      load {load}\n"
        f"      load and decide a claim {decided}; with the state in memory {one.decide_in_memory.processor_ms:.2f}"
    )


if __name__ == "__main__":
    with ExitStack() as resources:
        work = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        processes = resources.enter_context(Processes(work / "logs"))
        data = work / "postgres"
        resources.callback(remove_postgres, data)
        postgres = start_embedded_postgres(processes, data)
        asyncio.run(main(asyncio.run(create_database_if_missing(postgres, "snapshots"))))
