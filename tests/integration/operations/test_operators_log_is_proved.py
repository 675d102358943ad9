"""The operators' own log is a log like every service's: its chains are checked, and it goes along with an export."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from libs.contracts.operations import ReplayPlanned
from libs.eventlog import Recorded
from libs.testing.pytest_plugin import NewDatabase
from services.operations.adapters.operator_log import open_operator_log
from services.operations.adapters.operators_tables import operators_source
from services.operations.domain.republishing import approve
from services.operations.entrypoints.commands import app
from services.operations.use_cases.import_history import import_history
from tests.unit.conservation.histories import ClaimFigures, a_history
from tests.unit.operations.served_platform import served

_NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Operated:
    """Services that serve their logs, and a database where one replay was planned and approved."""

    database: str
    platform: Path

    async def huiji(self, *words: object) -> Result:
        """A command on the platform; in a thread, for it has an event loop of its own."""
        command = [*map(str, words), "--platform", str(self.platform)]
        return await asyncio.to_thread(CliRunner().invoke, app, command, env={"NO_COLOR": "1"})

    async def forge_the_approver(self) -> None:
        """As somebody who holds the database would: past the trigger that keeps events as they are."""
        connection = await asyncpg.connect(self.database)
        async with connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            forged = await connection.execute(
                "update operations.event set body = convert_to(replace(convert_from(body, 'utf8'), 'op-2', 'op-9'),"
                " 'utf8') where type = 'ReplayApproved'"
            )
        await connection.close()
        assert forged == "UPDATE 1"


@pytest.fixture
async def operated(database: str, tmp_path: Path) -> AsyncIterator[Operated]:
    told = a_history((ClaimFigures(ending="settled"),)).logs
    shards = 1 + max(shard for _, shard in told)
    # Shards in which nothing was told are there, too, as in a log that a service has made.
    logs = {
        (source, shard): told.get((source, shard), [])
        for source in {source for source, _ in told}
        for shard in range(shards)
    }
    replay_id = str(uuid4())
    planned = ReplayPlanned(
        replay_id=replay_id, kind="republish", scope={}, reads_events=3, touches=("topic t",), expected_seconds=1,
        requested_by="op-1", needs_approval=True, planned_at=_NOW,
    )  # fmt: skip
    async with open_operator_log(database, shards) as log:
        await log.record(replay_id, lambda _: [planned])
        await log.record(replay_id, lambda replay: approve(replay, replay_id, "op-2", _NOW))
    with served(logs, tmp_path) as platform:
        document = json.loads(platform.file.read_text())
        platform.file.write_text(json.dumps(document | {"database_url": database}))
        yield Operated(database, platform.file)


async def test_a_forged_approver_breaks_the_chain(operated: Operated) -> None:
    checks = (("verify", "--only", "chains"), ("verify-chain",))
    assert [(await operated.huiji(*check)).exit_code for check in checks] == [0, 0]
    await operated.forge_the_approver()
    verified = await operated.huiji("verify", "--only", "chains", "--json")
    (chains,) = json.loads(verified.stdout)["checks"]
    assert (verified.exit_code, [found["rule"] for found in chains["findings"]]) == (1, ["hash_matches"])
    assert chains["findings"][0]["where"].startswith("operations/")
    recomputed = await operated.huiji("verify-chain", "--json")
    assert recomputed.exit_code == 1
    assert [chain["source"] for chain in json.loads(recomputed.stdout) if chain["broken"]] == ["operations"]


@pytest.mark.parametrize("encoding", ["log", "cloudevents", "parquet"])
async def test_an_export_has_the_operators_log_and_brings_it_along(
    operated: Operated, new_database: NewDatabase, tmp_path: Path, encoding: str
) -> None:
    out = tmp_path / "out"
    done = await operated.huiji("export", out, "--format", encoding, "--json")
    assert done.exit_code == 0, done.output
    manifest = json.loads(done.stdout)
    assert sum(file["events"] for file in manifest["shards"] if file["source"] == "operations") == 2
    words = ["verify", str(out), "--only", "chains", "--only", "money"]
    verified = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert verified.exit_code == 0, verified.output
    copy = new_database()
    await import_history(copy, out, take_over=False)
    kept = await operators_events(operated.database)
    assert [event.type for event in kept] == ["ReplayPlanned", "ReplayApproved"]
    assert await operators_events(copy) == kept


async def operators_events(database: str) -> list[Recorded]:
    async with operators_source(database) as sources:
        log = sources["operations"]
        return [
            event for shard, end in (await log.heads()).items() for event in await log.read(shard, 0, end)
        ]
