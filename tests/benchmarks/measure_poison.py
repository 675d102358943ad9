"""Does one claim in a hundred that cannot be processed slow the others down? And what would hashing on arrival cost?

`python -m tests.benchmarks.measure_poison`: a consumer with real decisions on a real PostgreSQL, events arriving in
small batches as a live platform sees them; the time from delivery to commit of events that are not poisoned, with and
without poison. Others' work on the machine shows in both alike: read the ratio.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time

import structlog

from libs.contracts import Event
from libs.eventlog import Append, Consumer, EventLog, Recorded, States
from libs.eventlog.hash_chain import GENESIS, link
from libs.eventlog.stage import Instruction, Stage
from libs.local_platform import Processes
from libs.local_platform.postgres import create_database_if_missing, start_embedded_postgres
from tests.support.kernel import LogSource, all_events, open_log
from tests.support.ticks import Ticked, stream_of, tick

SHARDS = 4
CLAIMS = 4_000
ARRIVING_TOGETHER = 40
POISON_EVERY = 100


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with _postgres() as url:
        asyncio.run(_measure(url))


@contextmanager
def _postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory, Processes(Path(directory) / "logs") as processes:
        server = start_embedded_postgres(processes, Path(directory) / "postgres")
        yield asyncio.run(create_database_if_missing(server, "bench"))


async def _measure(url: str) -> None:
    async with AsyncExitStack() as opened:
        clean = await _run(opened, url, "clean", 0)
        poisoned = await _run(opened, url, "poisoned", POISON_EVERY)
        # Turn by turn: whatever else the machine does meets both.
        for a_batch, another in zip(clean.batches, poisoned.batches, strict=True):
            await clean.process(a_batch)
            await poisoned.process(another)
    for run in (clean, poisoned):
        waits = run.waits[len(run.waits) // 10 :]  # the first pay for connections and statements
        p50, p99 = quantiles(waits, n=100)[49], quantiles(waits, n=100)[98]
        worked = run.worked_seconds / len(run.waits)
        _say(
            f"{run.name:>9}: {len(run.waits)} events, p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms,"
            f" {worked * 1e6:.0f} µs of processor an event here, parked {run.consumer.parked_total}"
        )
    _hashing([event for batch in poisoned.batches for event in batch])


@dataclass
class _Run:
    """A consumer, what it is delivered, and the seconds from delivery to commit of each event."""

    name: str
    consumer: Consumer
    batches: list[list[Recorded]]
    waits: list[float] = field(default_factory=list)
    worked_seconds: float = 0.0

    async def process(self, batch: list[Recorded]) -> None:
        """One delivery."""
        began, worked = perf_counter(), process_time()
        await self.consumer.process(batch)
        self.worked_seconds += process_time() - worked
        self.waits += [perf_counter() - began] * len(batch)


async def _run(opened: AsyncExitStack, url: str, name: str, poison_every: int) -> _Run:
    upstream = await opened.enter_async_context(open_log(url, f"{name}_up", shards=SHARDS))
    await _fill(upstream, poison_every)
    downstream = await opened.enter_async_context(open_log(url, f"{name}_down", shards=SHARDS))
    states: States[int] = States(downstream.source, lambda stream_id: 0, lambda count, event: count + 1)
    stage: Stage[int, Ticked] = Stage(states, lambda count, command: [tick(command.claim_id, command.number)])
    consumer = Consumer(
        downstream, {upstream.source: LogSource(upstream)}, stage.handler(_translate), frozenset({"Ticked"}),
        on_reset=states.clear,
    )  # fmt: skip
    await consumer.prepare()
    # Lanes are delivered turn by turn, as the topics do it.
    lanes = [list(group) for _, group in groupby(await all_events(upstream), key=lambda event: event.shard)]
    each = ARRIVING_TOGETHER // SHARDS
    starts = range(0, max(map(len, lanes)), each)
    return _Run(
        name,
        consumer,
        [[event for lane in lanes for event in lane[start : start + each]] for start in starts],
    )


async def _fill(upstream: EventLog, poison_every: int) -> None:
    for start in range(0, CLAIMS, 500):
        async with upstream.transaction() as work:
            for claim in range(start, start + 500):
                event = tick(f"c{claim}", 1, "x" * 400)
                if poison_every and claim % poison_every == 0:
                    event = Ticked.model_construct(**event.model_dump(exclude={"number"}))
                work.append(Append(stream_of(f"c{claim}"), 0, [event]))


def _translate(recorded: Recorded, _: object) -> Instruction[Ticked]:
    event: Event = recorded.decode()
    assert isinstance(event, Ticked)
    return Instruction(recorded.stream_id, event, recorded)


def _hashing(events: list[Recorded]) -> None:
    began = perf_counter()
    for event in events:
        link(GENESIS, event)
    hashing = (perf_counter() - began) / len(events)
    began = perf_counter()
    for event in events:
        if event.version == 1 and b'"number"' in event.body:
            event.decode()
    decoding = (perf_counter() - began) / len(events)
    body = sum(len(event.body) for event in events) // len(events)
    _say(f"  hashing: {hashing * 1e6:.1f} µs an event of {body} bytes; decoding it {decoding * 1e6:.1f} µs")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
