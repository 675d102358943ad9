"""A whole deployment in another place: the same logs, the same clocks, and not a fen paid again."""

import asyncio
import shutil
import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from services.operations.adapters.database_snapshot import open_snapshot
from services.operations.entrypoints.import_ import take_over
from services.operations.use_cases.export_history import export_deployment
from services.operations.use_cases.lag import measure_lag
from services.operations.use_cases.run_platform import PlatformPlan, run_platform
from tests.end_to_end.conftest import CHECKOUT, Ran

CLOCKS = "select claim_id, due_at::text from adjudication.deadline order by 1, 2"


def test_a_moved_deployment_has_the_same_logs_and_clocks_and_pays_nothing_again(
    ran: Ran, tmp_path: Path
) -> None:
    database = ran.platform.addresses.database_url
    asyncio.run(export_deployment(database, tmp_path / "export", datetime.now(UTC), keys=True))
    moved = tmp_path / "moved"
    moved.mkdir(mode=0o700)
    shutil.copy(ran.directory / "master.key", moved)
    with (
        sqlite3.connect(f"file:{ran.directory / 'bank.sqlite'}?mode=ro", uri=True) as books,
        sqlite3.connect(moved / "bank.sqlite") as copy,
    ):
        books.backup(copy)
    before = asyncio.run(_heads(database))
    plan = PlatformPlan(moved, CHECKOUT, usual_ports=False, seed=partial(take_over, tmp_path / "export"))
    with run_platform(plan, lambda name, state: None) as running:
        addresses = running.platform.addresses
        wait_until(
            lambda: all(lag.events == 0 for lag in asyncio.run(measure_lag(addresses.database_url))),
            "every service has heard everything",
        )
        # The bank is asked every second: what it has to say is heard by now, and led to nothing.
        assert asyncio.run(_heads(addresses.database_url)) == before
        assert _summary(addresses.services["projections"]) == _summary(
            ran.platform.addresses.services["projections"]
        )
        clocks = asyncio.run(_rows(addresses.database_url, CLOCKS))
        assert clocks == asyncio.run(_rows(database, CLOCKS))
    assert _payments(moved) == _payments(ran.directory)


async def _heads(database_url: str) -> dict[tuple[str, int], int]:
    async with open_snapshot(database_url) as snapshot:
        return {
            (name, shard): head
            for name, source in (await snapshot.sources()).items()
            for shard, head in (await source.heads()).items()
        }


async def _rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def _summary(url: str) -> dict[str, Any]:
    """All but when it was counted."""
    answer = httpx2.get(f"{url}/summary", timeout=PATIENCE_SECONDS, trust_env=False)
    return {name: value for name, value in answer.raise_for_status().json().items() if name != "counted_at"}


def _payments(directory: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{directory / 'bank.sqlite'}?mode=ro", uri=True) as books:
        return books.execute("select end_to_end_id, amount, booked_at from payment order by 1").fetchall()
