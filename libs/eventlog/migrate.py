"""Plain SQL files applied in order, once each, to a service's own schema.

While services are upgraded one after the other, and when one goes back, code of the release before works on tables that
a newer release has migrated: a migration adds. One that the release before could not work with begins with a line
`-- closes: WHY`; code that does not have that migration refuses to start.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from libs.eventlog.errors import EventLogError, SchemaIsNewer, ShardCountDiffers
from libs.eventlog.hash_chain import GENESIS

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

KERNEL_MIGRATIONS = Path(__file__).parent / "migrations"
#: How a migration begins that the release before cannot work with; the rest of the line says why.
CLOSES = "-- closes:"


class MigrationChanged(EventLogError):
    """An applied migration file was edited afterwards: write a new one instead."""

    code = "migration_changed"

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was applied with other content")


async def migrate(connection: "Connection", schema: str, folders: Sequence[Path]) -> list[str]:
    """Bring `schema` up to date from the folders' `*.sql` files, in order; returns the names now applied.

    Safe to run from several processes at once: an advisory lock lets one do the work. Raises MigrationChanged, and
    SchemaIsNewer when a migration that this code lacks closes the schema to it.
    """
    applied_now: list[str] = []
    files = {_name(path): path for folder in folders for path in sorted(folder.glob("*.sql"))}
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext($1))", f"huiji migrate {schema}")
        await connection.execute(f'create schema if not exists "{schema}"')
        await connection.execute(f'set local search_path to "{schema}"')
        await _prepare_table(connection)
        rows = await connection.fetch("select name, digest, closes from migration")
        ours = {name.split("/")[0] for name in files}
        for row in rows:
            if row["name"] not in files and row["name"].split("/")[0] in ours:
                _look_at_newer(schema, row["name"], row["closes"])
        done = {row["name"]: row["digest"] for row in rows}
        for name, path in files.items():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if done.get(name, digest) != digest:
                raise MigrationChanged(name)
            if name not in done:
                text = path.read_text()
                await connection.execute(text)
                await connection.execute(
                    "insert into migration (name, digest, closes) values ($1, $2, $3)",
                    name,
                    digest,
                    _closes(text),
                )
                applied_now.append(name)
    return applied_now


def _name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.name}"


def _closes(text: str) -> str | None:
    """Why the release before cannot work with what this migration makes of the tables; None when it can."""
    first = text.partition("\n")[0]
    return first.removeprefix(CLOSES).strip() if first.startswith(CLOSES) else None


def _look_at_newer(schema: str, name: str, closes: str | None) -> None:
    if closes is not None:
        raise SchemaIsNewer(schema, name, closes)
    logger.warning("migration_of_newer_code", schema=schema, migration=name)


async def _prepare_table(connection: "Connection") -> None:
    await connection.execute(
        "create table if not exists migration (name text primary key, digest text not null,"
        " applied_at timestamptz not null default now(), closes text)"
    )
    # Altered only when it has to be: that waits for everybody who reads it, an export's snapshot for one.
    if not await connection.fetchval(
        "select exists (select from pg_attribute where attrelid = 'migration'::regclass and attname = 'closes')"
    ):
        await connection.execute("alter table migration add column closes text")


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
