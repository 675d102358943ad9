"""A rebuild is planned, and told of in the operators' log, however it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from libs.contracts.operations import ReplayPlanned
from services.operations.adapters.operator_log import OperatorLog, open_operator_log
from services.operations.domain.republishing import RunsElsewhere
from services.operations.entrypoints.commands import app
from services.operations.use_cases.record_rebuild import run_recorded
from services.projections.adapters.event_tables import TableSource
from services.projections.domain.pace import Pace
from services.projections.read_model import CLAIMS
from services.projections.use_cases.plan_rebuild import RebuildPlan, plan_rebuild
from services.projections.use_cases.rebuild import Request
from tests.integration.projections.claim_logs import SHARDS, following, open_logs
from tests.support.kernel import all_events
from tests.support.waiting import until
from tests.unit.operations.served_platform import served

_ROOT = Path(__file__).parents[3]
_KILLED = -9
_BUILDING = (
    "select from pg_locks join pg_database on pg_database.oid = pg_locks.database"
    " where locktype = 'advisory' and granted and datname = current_database()"
)
_PLAN = {
    "model": "claims", "version": 3, "generation": 2, "reads": {"intake": 5}, "touches": ["schema v2: built"],
    "expected_seconds": 1, "shards": SHARDS,
}  # fmt: skip


async def huiji(platform: Path, *words: str) -> Result:
    """A command on the platform; in a thread, for it has an event loop of its own."""
    command = [*words, "--platform", str(platform)]
    return await asyncio.to_thread(CliRunner().invoke, app, command, env={"NO_COLOR": "1"})


async def listed(platform: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((await huiji(platform, "republish", "list", "--json")).stdout)
    return rows


async def planned(database: str) -> RebuildPlan:
    def tables(live: Any, model: Any) -> dict[str, TableSource]:
        return {name: TableSource(live, name, model.handled_types) for name in model.subscriptions}

    return await plan_rebuild(database, CLAIMS, Request(Pace(None, 0)), tables)


@contextmanager
def announced(database: str, directory: Path) -> Iterator[Path]:
    """A platform of which only the database and who its staff are is needed."""
    with served({("intake", shard): [] for shard in range(SHARDS)}, directory) as platform:
        document = json.loads(platform.file.read_text())
        document["services"] = {"intake": document["services"]["intake"]}
        platform.file.write_text(json.dumps(document | {"database_url": database}))
        yield platform.file


def started(platform: Path, *words: str) -> subprocess.Popen[bytes]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "services.operations", *words, "--platform", str(platform)]
    return subprocess.Popen(command, cwd=_ROOT)


@asynccontextmanager
async def nobody_reads(database: str, source: str) -> AsyncIterator[None]:
    """Within: whoever reads the log waits, so that a rebuild cannot end."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {source}.event in access exclusive mode")
            yield
    finally:
        await connection.close()


async def _is_filling(database: str) -> bool:
    return await _asked(
        database, "select to_regclass('projections_claims_v2.checkpoint') is not null and "
        f"exists ({_BUILDING})",
    )  # fmt: skip


async def _nobody_builds(database: str) -> bool:
    return not await _asked(database, f"select exists ({_BUILDING})")


async def _asked(database: str, question: str) -> bool:
    connection = await asyncpg.connect(database)
    try:
        answer: bool = await connection.fetchval(question)
        return answer
    finally:
        await connection.close()


async def test_it_is_planned_by_source_and_listed_with_who_did_it_also_after_a_kill(
    database: str, tmp_path: Path
) -> None:
    async with open_logs(database) as logs, following(database) as live:
        await logs.tell(10)
        await live.follow()
        counts = {source: len(await all_events(log)) for source, log in logs.by_source.items()}
    plan = await planned(database)
    assert (plan.generation, plan.reads, plan.shards) == (2, counts, SHARDS)
    assert any("projections_claims_v2" in what for what in plan.touches)
    with announced(database, tmp_path) as platform:
        refused = await huiji(platform, "rebuild", "claims", "--by", "wang")
        assert (refused.exit_code, "has not the role" in refused.stderr) == (1, True)
        assert await listed(platform) == []
        async with nobody_reads(database, "intake"):
            with started(platform, "rebuild", "claims", "--by", "li") as process:
                await until(lambda: _is_filling(database))
                os.kill(process.pid, signal.SIGKILL)
        (row,) = await listed(platform)
        assert (row["kind"], row["status"], row["requested_by"]) == ("rebuild", "started", "li")
        assert all(what in row["touches"] for what in plan.touches)
        # The tool has ended with the command: nobody is left who would switch unrecorded.
        await until(lambda: _nobody_builds(database))
        assert (await huiji(platform, "rebuild", "claims", "--by", "op-1")).exit_code == 0
        assert await listed(platform) == [row | {"status": "finished"}]
        run = await huiji(platform, "republish", "run", row["replay_id"], "--by", "li")
        assert (run.exit_code, "is a rebuild" in run.stderr) == (1, True)
    assert (await planned(database)).generation == 3


@pytest.fixture
async def log(database: str) -> AsyncIterator[OperatorLog]:
    async with open_operator_log(database, SHARDS) as log:
        yield log


async def test_one_that_was_killed_is_the_same_replay_when_it_goes_on(log: OperatorLog) -> None:
    assert await run_recorded(log, [_PLAN], "li", lambda: _KILLED) == _KILLED
    ((killed_id, killed),) = (await log.replays()).items()
    assert killed.status == "started"
    # Another rate is another number of seconds, and no other rebuild.
    assert await run_recorded(log, [_PLAN | {"expected_seconds": 9}], "op-1", lambda: 0) == 0
    ((replay_id, replay),) = (await log.replays()).items()
    assert (replay_id, replay.status) == (killed_id, "finished")
    assert isinstance(replay.planned, ReplayPlanned) and replay.planned.requested_by == "li"


async def test_one_that_failed_is_over_and_the_next_is_another(log: OperatorLog) -> None:
    assert await run_recorded(log, [_PLAN], "li", lambda: 1) == 1
    assert await run_recorded(log, [_PLAN], "li", lambda: 0) == 0
    assert [replay.status for replay in (await log.replays()).values()] == ["failed", "finished"]


async def test_two_at_once_are_one(log: OperatorLog, database: str) -> None:
    async def another() -> None:
        async with open_operator_log(database, SHARDS) as other:
            await run_recorded(other, [_PLAN], "op-1", lambda: 0)

    def meanwhile() -> int:
        with pytest.raises(RunsElsewhere, match="another process is running this"):
            asyncio.run(another())
        return 0

    assert await run_recorded(log, [_PLAN], "li", meanwhile) == 0
    assert len(await log.replays()) == 1
