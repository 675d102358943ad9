"""Snapshots in services' tables: counted and dropped here, checked and made anew by the services themselves."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from libs.eventlog.snapshots import count_snapshots, drop_snapshots
from libs.proof import Checked
from libs.proof.report import MOST_FINDINGS
from services.operations.adapters.checker_process import run_checker
from services.operations.domain.errors import OperationsError
from services.operations.entrypoints.places import CHECKOUT

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

CHECK = "snapshots"
KEEPING = ("adjudication", "payout", "charity", "fraud")
"""The services that can keep snapshots; each has a tool of its own for them."""


class NotRebuilt(OperationsError):
    """A service's tool could not make its snapshots anew."""

    code = "not_rebuilt"


@asynccontextmanager
async def _schema(database_url: str, service: str) -> AsyncIterator["Connection"]:
    connection = await asyncpg.connect(database_url, server_settings={"search_path": f'"{service}"'})
    try:
        yield connection
    finally:
        await connection.close()


async def counted_snapshots(database_url: str) -> Mapping[str, list[dict[str, int]]]:
    """What each service keeps, by fold version; a service without a table keeps nothing."""
    found = {}
    for service in KEEPING:
        async with _schema(database_url, service) as connection:
            if await connection.fetchval("select to_regclass('snapshot')") is not None:
                found[service] = await count_snapshots(connection)
    return found


async def _keeping(database_url: str) -> list[str]:
    counted = await counted_snapshots(database_url)
    return [service for service, rows in counted.items() if any(row["fold_version"] for row in rows)]


async def drop_all(database_url: str) -> Mapping[str, int]:
    """Delete all snapshots; services that run go on, and take new ones at the next thresholds."""
    dropped = {}
    for service in await _keeping(database_url):
        async with _schema(database_url, service) as connection:
            dropped[service] = await drop_snapshots(connection)
    return dropped


def check_all(database_url: str, on_progress: Callable[[int, int], None]) -> Checked:
    """Each service compares its snapshots with its log; that one could not is a note."""
    parts = [
        run_checker(CHECK, _tool(service), ["check"], on_progress, {"HUIJI_DATABASE_URL": database_url})
        for service in asyncio.run(_keeping(database_url))
    ]
    counted: dict[str, int] = {"snapshots": 0}
    for part in parts:
        for what, amount in part.counted.items():
            counted[what] = counted.get(what, 0) + amount
    return Checked(
        CHECK,
        counted,
        tuple(finding for part in parts for finding in part.findings)[:MOST_FINDINGS],
        sum(part.finding_count for part in parts),
        tuple(part.not_checked for part in parts if part.not_checked is not None),
    )


def rebuild_all(database_url: str) -> Mapping[str, dict[str, int]]:
    """Each service folds the streams of which it keeps something from their first events. Raises NotRebuilt."""
    made = {}
    for service in asyncio.run(_keeping(database_url)):
        done = subprocess.run(
            [sys.executable, "-m", _tool(service), "rebuild"],
            cwd=CHECKOUT,
            env={**os.environ, "HUIJI_DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotRebuilt(f"{service}: {done.stderr.strip()[-400:]}")
        made[service] = json.loads(done.stdout)
    return made


def _tool(service: str) -> str:
    return f"services.{service}.entrypoints.snapshots"
