"""A cut taken from the database itself, in one snapshot: no service has to run, and nothing moves meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from libs.eventlog import read
from libs.eventlog.publishing import roots_of
from libs.proof import Cut
from services.operations.adapters.exports import ShardFile, write_manifest
from services.operations.domain.manifest import ExportedShard, Manifest

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_MANY = 1_000_000_000


class NoLogs(Exception):
    """The database has no log of any service."""

    code = "no_logs"


async def cut_of_database(
    database_url: str,
    services: Sequence[str],
    directory: Path,
    now: datetime,
    on_events: Callable[[int], None] = lambda events: None,
) -> Cut:
    """Copy every log, the roots and the plans of one moment into `directory`. Raises NoLogs, OSError, PostgresError."""
    cut = Cut(directory)
    try:
        connection = await asyncpg.connect(database_url)
    except asyncpg.PostgresError as error:
        raise NoLogs(f"the database does not let us in: {type(error).__name__}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            present = [name for name in services if await _has(connection, name, "event")]
            if not present:
                raise NoLogs("no service has a log in this database")
            shards: list[ExportedShard] = []
            roots = []
            for name in present:
                await connection.execute(f'set local search_path to "{name}"')
                shards += await _copy_log(connection, name, directory, on_events)
                if await _has(connection, name, "root"):
                    roots += await roots_of(connection, name, limit=_MANY)
                if await _has(connection, name, "plan_archive"):
                    for row in await connection.fetch("select digest, content from plan_archive"):
                        cut.write_plan(row["digest"], row["content"])
            cut.write_roots(roots)
            write_manifest(directory, Manifest(now.isoformat(), tuple(shards)))
    finally:
        await connection.close()
    return cut


async def _has(connection: "Connection", schema: str, table: str) -> bool:
    found: bool = await connection.fetchval("select to_regclass($1) is not null", f'"{schema}"."{table}"')
    return found


async def _copy_log(
    connection: "Connection", source: str, directory: Path, on_events: Callable[[int], None]
) -> list[ExportedShard]:
    copied = []
    for shard, end in (await _ends(connection)).items():
        with ShardFile(directory, source, shard) as file:
            async for page in read.follow_shard(connection, source, shard):
                file.write(page)
                on_events(len(page))
        # The shard's own row says where it ends: what the file holds is compared with it.
        copied.append(file.exported(end))
    return copied


async def _ends(connection: "Connection") -> dict[int, tuple[int, str | None]]:
    rows = await connection.fetch("select shard, position, hash from shard order by shard")
    return {row["shard"]: (row["position"], row["hash"].hex() if row["position"] else None) for row in rows}
