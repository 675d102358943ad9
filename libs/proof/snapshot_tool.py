"""`python -m services.X.entrypoints.snapshots check|rebuild`, for the services that keep snapshots.

`huiji snapshots` and `huiji verify` start it: only the service itself can fold its streams. It prints JSON; exit status
0 whatever was found.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import asyncpg
import orjson

from libs.eventlog import States
from libs.eventlog.tool_logs import log_beside_output
from libs.proof.report import tell, tell_progress
from libs.proof.snapshots import check_snapshots, rebuild_snapshots

S = TypeVar("S")


def run_snapshot_tool(source: str, states: States[S], arguments: Sequence[str] | None = None) -> None:
    """Entry point of a service's tool; the database is that of `$HUIJI_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{source}.entrypoints.snapshots")
    parser.add_argument("what", choices=("check", "rebuild"))
    given = parser.parse_args(arguments)
    log_beside_output()
    asyncio.run(_run(given.what, source, states, os.environ["HUIJI_DATABASE_URL"]))


async def _run(what: str, source: str, states: States[S], database_url: str) -> None:
    connection: Any = await asyncpg.connect(database_url, server_settings={"search_path": f'"{source}"'})
    try:
        if what == "check":
            tell(await check_snapshots(connection, source, states, tell_progress))
        else:
            made = await rebuild_snapshots(connection, source, states)
            sys.stdout.write(orjson.dumps(made).decode() + "\n")
    finally:
        await connection.close()
