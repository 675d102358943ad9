"""Plain SQL files applied in order, once each, to a service's own schema."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from libs.eventlog.errors import EventLogError, ShardCountDiffers
from libs.eventlog.hash_chain import GENESIS

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

KERNEL_MIGRATIONS = Path(__file__).parent / "migrations"


class MigrationChanged(EventLogError):
    """An applied migration file was edited afterwards: write a new one instead."""

    code = "migration_changed"

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was applied with other content")


async def migrate(connection: "Connection", schema: str, folders: Sequence[Path]) -> list[str]:
    """Bring `schema` up to date from the folders' `*.sql` files, in order; returns the names now applied.

    Safe to run from several processes at once: an advisory lock lets one do the work.
    """
    applied_now: list[str] = []
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext($1))", f"huiji migrate {schema}")
        await connection.execute(f'create schema if not exists "{schema}"')
        await connection.execute(f'set local search_path to "{schema}"')
        await connection.execute(
            "create table if not exists migration (name text primary key, digest text not null,"
            " applied_at timestamptz not null default now())"
        )
        done = {
            row["name"]: row["digest"] for row in await connection.fetch("select name, digest from migration")
        }
        for path in [path for folder in folders for path in sorted(folder.glob("*.sql"))]:
            name = f"{path.parent.parent.name}/{path.name}"
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if done.get(name, digest) != digest:
                raise MigrationChanged(name)
            if name not in done:
                await connection.execute(path.read_text())
                await connection.execute("insert into migration (name, digest) values ($1, $2)", name, digest)
                applied_now.append(name)
    return applied_now


async def create_shards(connection: "Connection", shards: int) -> None:
    """Create the shard rows of a new log; their number is fixed then. Raises ShardCountDiffers later on."""
    async with connection.transaction():
        await connection.execute("lock table shard in share row exclusive mode")
        stored: int = await connection.fetchval("select count(*) from shard")
        if stored == 0:
            numbers = list(range(shards))
            await connection.execute(
                "insert into shard (shard, hash) select s, $2 from unnest($1::integer[]) as s",
                numbers,
                GENESIS,
            )
            await connection.execute(
                "insert into relay (shard) select s from unnest($1::integer[]) as s", numbers
            )
        elif stored != shards:
            raise ShardCountDiffers(stored, shards)
