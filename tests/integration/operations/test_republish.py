"""Events published again: what was approved, nothing else, whatever happens meanwhile."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from typer.testing import CliRunner, Result

from libs.contracts.operations import ReplayApproved, ReplayFinished, ReplayPlanned, ReplayStarted
from libs.eventlog import Recorded
from libs.eventlog.envelope import from_headers
from libs.testing.kafka import KafkaUnderTest
from services.operations.adapters.announcing import read_announcement
from services.operations.adapters.operator_log import open_operator_log
from services.operations.entrypoints.commands import app
from services.operations.use_cases.read_approvals import planned_by_operators
from tests.integration.projections.claim_logs import SHARDS, Logs, open_logs
from tests.support.kernel import all_events, open_log
from tests.support.waiting import until
from tests.unit.operations.served_platform import ServedPlatform, served

_ROOT = Path(__file__).parents[3]
_QUIET_MS = 1_500


@dataclass
class World:
    """Logs that are served, a broker, and the operators' log."""

    database: str
    kafka: KafkaUnderTest
    platform: ServedPlatform
    logs: Logs
    topic: str

    async def events(self, source: str) -> list[Recorded]:
        """A log."""
        return await all_events(self.logs.by_source[source])

    async def published(self, expected: set[UUID]) -> list[Recorded]:
        """What the topic has once all of `expected` is there and nothing more comes for a while."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(self.topic, shard) for shard in range(SHARDS)])
            found: list[Recorded] = []
            async with asyncio.timeout(60):
                while True:
                    batches = await consumer.getmany(timeout_ms=_QUIET_MS)
                    for partition, records in batches.items():
                        found += [from_headers(partition.partition, r.headers, r.value) for r in records]
                    if not batches and {event.event_id for event in found} >= expected:
                        return found
        finally:
            await consumer.stop()

    async def huiji(self, *arguments: object) -> Result:
        """A `huiji republish` command, run to its end; in a thread, for it has an event loop of its own."""
        words = ["republish", *map(str, arguments), "--platform", str(self.platform.file)]
        return await asyncio.to_thread(CliRunner().invoke, app, words, env={"NO_COLOR": "1"})

    def started(self, *arguments: object) -> subprocess.Popen[bytes]:
        """The same in a process of its own."""
        words = ("republish", *arguments, "--platform", self.platform.file)
        return subprocess.Popen([sys.executable, "-m", "services.operations", *map(str, words)], cwd=_ROOT)

    async def planned(self, *arguments: object, by: str = "li") -> dict[str, object]:
        """Plan to the world's topic."""
        done = await self.huiji("plan", "--topic", self.topic, "--by", by, "--json", *arguments)
        assert done.exit_code == 0, done.stderr
        planned: dict[str, object] = json.loads(done.stdout)
        return planned


@pytest.fixture
async def world(database: str, kafka: KafkaUnderTest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_logs(database) as logs:
        await logs.tell(60)
        by_shard: dict[tuple[str, int], list[Recorded]] = {
            (source, shard): [] for source in logs.by_source for shard in range(SHARDS)
        }
        for source, log in logs.by_source.items():
            for event in await all_events(log):
                by_shard[source, event.shard].append(event)
        with served(by_shard, tmp_path) as platform:
            document = json.loads(platform.file.read_text())
            # A platform that this history has logs of: charity and the others, but no projections.
            document["services"].pop("projections", None)
            document |= {"database_url": database, "kafka": kafka.bootstrap}
            platform.file.write_text(json.dumps(document))
            yield World(database, kafka, platform, logs, f"republished.{uuid4().hex[:8]}")


async def test_what_was_approved_by_another_is_published_once_and_recorded(world: World) -> None:
    planned = await world.planned("--source", "payout")
    replay_id = planned["replay_id"]
    log = await world.events("payout")
    assert planned["reads_events"] == len(log)
    early = await world.huiji("run", replay_id, "--by", "li")
    assert (early.exit_code, "nobody has approved" in early.stderr) == (1, True)
    for who, words in (("li", "has not the role"), ("LI", "who acts?")):
        refused = await world.huiji("approve", replay_id, "--by", who)
        assert (refused.exit_code, words in refused.stderr) == (1, True)
    own = str((await world.planned("--source", "payout", by="op-1"))["replay_id"])
    same = await world.huiji("approve", own, "--by", "op-1")
    assert (same.exit_code, "somebody else" in same.stderr) == (1, True)
    assert (await world.huiji("approve", replay_id, "--by", "wang")).exit_code == 0
    waiting = await planned_by_operators(read_announcement(world.platform.file))
    assert [each.command for each in waiting] == [f"huiji republish approve {own}"]
    run = await world.huiji("run", replay_id, "--by", "li")
    assert (run.exit_code, run.stdout.strip()) == (0, f"{len(log)} events published."), run.stderr
    published = await world.published({event.event_id for event in log})
    assert sorted(published, key=lambda e: (e.shard, e.position)) == log
    for shard in range(SHARDS):
        positions = [event.position for event in published if event.shard == shard]
        assert positions == sorted(positions)
    again = await world.huiji("run", replay_id, "--by", "li")
    assert (again.exit_code, "has ended" in again.stderr) == (1, True)
    async with open_log(world.database, "operations", shards=SHARDS) as recorded:
        told = [
            event.decode() for event in await all_events(recorded) if event.stream_id == f"replay-{replay_id}"
        ]
    assert [type(event) for event in told] == [
        ReplayPlanned,
        ReplayApproved,
        ReplayStarted,
        ReplayFinished,
    ]
    row = json.loads((await world.huiji("list", "--json")).stdout)[0]
    assert (row["status"], row["requested_by"], row["approved_by"]) == ("finished", "li", "wang")


async def test_a_scope_is_what_it_says(world: World) -> None:
    payout = await world.events("payout")
    middle = payout[len(payout) // 2].recorded_at
    expected = [
        event
        for event in payout
        if event.shard in (1, 2)
        and event.type == "PaymentSettled"
        and event.recorded_at >= middle
        and orjson.loads(event.body)["plan_id"] == "demo-generic"
    ]
    assert 0 < len(expected) < len(payout)
    filters = ("--source", "payout", "--shard", 1, "--shard", 2, "--type", "PaymentSettled")
    narrowed = (*filters, "--from", middle.isoformat(), "--plan", "demo-generic")
    planned = await world.planned(*narrowed)
    scope = planned["scope"]
    assert isinstance(scope, dict)
    assert scope["events"] == len(expected)
    await world.huiji("approve", planned["replay_id"], "--by", "wang")
    assert (await world.huiji("run", planned["replay_id"], "--by", "li")).exit_code == 0
    published = await world.published({event.event_id for event in expected})
    assert {event.event_id for event in published} == {event.event_id for event in expected}


async def test_a_hospital_and_an_insurer_are_found_where_the_events_do_not_name_them(world: World) -> None:
    """Scores name a claim and nothing else."""
    scores = await world.events("fraud")
    claim = orjson.loads((await world.events("intake"))[0].body)
    planned = await world.planned("--source", "fraud", "--hospital", claim["visit"]["hospital_id"])
    assert planned["scope"]["events"] == len(scores)  # type: ignore[index]
    elsewhere = await world.huiji(
        "plan", "--source", "fraud", "--hospital", "H-none", "--topic", world.topic, "--by", "li"
    )
    assert elsewhere.exit_code == 1
    assert f"none of the {len(scores)} events of fraud" in elsewhere.stderr
    nobody = await world.huiji("plan", "--source", "fraud", "--insurer", "nobody", "--topic", "t")
    assert nobody.exit_code == 2


async def test_a_live_topic_is_refused_and_nothing_is_recorded(world: World) -> None:
    refused = await world.huiji("plan", "--source", "payout", "--topic", "huiji.payout.events", "--by", "li")
    assert (refused.exit_code, "huiji topics rebuild" in refused.stderr) == (1, True)
    assert json.loads((await world.huiji("list", "--json")).stdout) == []


async def test_one_process_runs_it_and_after_a_kill_the_next_one_until_the_topic_lacks_nothing(
    world: World,
) -> None:
    planned = await world.planned("--source", "adjudication")
    replay_id = str(planned["replay_id"])
    await world.huiji("approve", replay_id, "--by", "wang")
    log = await world.events("adjudication")
    # So slowly that it is far from its end when the first page is seen to be there.
    with world.started("run", replay_id, "--rate", 1, "--by", "li") as process:

        async def begun() -> bool:
            async with open_operator_log(world.database, SHARDS) as operators:
                return bool(await operators.progress(replay_id))

        await until(begun)
        second = await world.huiji("run", replay_id, "--by", "li")
        assert (second.exit_code, "another process is running this" in second.stderr) == (1, True)
        os.kill(process.pid, signal.SIGKILL)
    async with open_operator_log(world.database, SHARDS) as operators:
        assert 0 < sum(at for at, _ in (await operators.progress(replay_id)).values()) < len(log)
        assert (await operators.replays())[replay_id].status == "started"
    assert (await world.huiji("run", replay_id, "--by", "li")).exit_code == 0
    published = await world.published({event.event_id for event in log})
    assert {event.event_id for event in published} == {event.event_id for event in log}
    async with open_operator_log(world.database, SHARDS) as operators:
        assert (await operators.replays())[replay_id].status == "finished"
