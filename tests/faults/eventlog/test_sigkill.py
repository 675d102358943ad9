"""A process is killed at every step an event takes through it; the outcome is that of a run without faults."""

import asyncio

import pytest

from libs.testing.kafka import KafkaUnderTest
from libs.testing.waiting import PATIENCE_SECONDS
from tests.integration.eventlog.conftest import Line
from tests.support.failpoints import STEPS
from tests.support.service_process import ServiceProcess
from tests.support.topics import read_topic

#: The first time is mostly while catching up after the last kill, the third in the steady flow.
TIMES = (1, 3)
#: The embedded broker lets a restarted member wait for its dead session, so there a shorter walk.
SHORT_WALK = ("handled", "committed", "published", "cursor_updated", "offsets_committed")


# Two dozen starts of a process, each of which joins its group anew.
@pytest.mark.timeout(900)
async def test_sigkill_at_every_step_changes_nothing(
    line: Line, kafka: KafkaUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    steps, often = (SHORT_WALK, (1,)) if kafka.kind == "embedded" else (STEPS, TIMES)
    kills = 0
    async with line.upstream.serving(), line.upstream.relaying():
        process = line.process()
        for step in steps:
            for times in often:
                process.start(failpoint=f"{step}:{times}")
                assert await _killed_while_events_flow(line, process), f"never got to {step} {times} times"
                kills += 1
        process.start()
        await process.ready()
        await line.append(claims=8, each=1)
        await line.caught_up()
        assert process.stop() == 0
        checked = await line.assert_as_without_faults()
        heads = await line.downstream_heads()
        topic = await read_topic(line.bootstrap, f"huiji.{line.downstream}.events", heads)
    published = sum(map(len, topic.values()))
    with capsys.disabled():
        print(  # noqa: T201 - the numbers are part of the evidence
            f"\n{kills} SIGKILLs at {len(steps)} steps; {checked} events checked in two logs,"
            f" {published} records in the topic for {sum(heads.values())} events"
        )


async def _killed_while_events_flow(line: Line, process: ServiceProcess) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while loop.time() < deadline:
        await line.append(claims=8, each=1)
        if await process.killed(seconds=0.2):
            return True
    return False
