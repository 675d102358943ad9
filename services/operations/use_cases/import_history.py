"""Put an exported deployment into an empty database: every log byte for byte, or nothing at all.

One transaction: whatever is wrong with a file, and wherever this is killed, the database stays empty.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.errors import LogIsArchive
from libs.eventlog.hash_chain import GENESIS
from libs.privacy import install_key_store
from libs.runtime.clock import new_id, utc_now
from services.operations.adapters.exports import read_manifest
from services.operations.adapters.state_tables import KEY_SCHEMA, READ_MODELS, import_tables
from services.operations.adapters.verified_files import exported_shards, verified_pages
from services.operations.domain.errors import OperationsError
from services.operations.domain.manifest import ExportedShard, Manifest, ManifestUnreadable

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_SERVICES = Path(__file__).resolve().parents[2]
# Folders of SQL files that a service applies to its schema when it starts.
_MIGRATIONS = ("migrations", "generations")
_COLUMNS = (
    "shard", "position", "stream_id", "version", "event_id", "type", "schema_version", "subject", "recorded_at",
    "caused_by", "traceparent", "body", "hash",
)  # fmt: skip
_FIELDS = attrgetter(*_COLUMNS)
_LOOKS = 5
_LOOK_AGAIN_SECONDS = 0.2
_STATEMENT_SECONDS = 6 * 3_600.0


class DeploymentNotEmpty(OperationsError):
    """Something is in the database already; an import never adds to a log."""

    code = "deployment_not_empty"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: only an empty deployment takes an import")


class ServicesRunning(OperationsError):
    """Services are connected to the database; they would act on what is not all there yet."""

    code = "services_running"

    def __init__(self, names: str) -> None:
        super().__init__(f"{names} use the database: stop them, import, start them")


class CannotTakeOver(OperationsError):
    """An export that lacks what services need to go on."""

    code = "cannot_take_over"


@dataclass(frozen=True, slots=True)
class Imported:
    """What is in the database now. An archive's services do not start."""

    events: int
    shards: int
    tables: int
    archive: bool


async def import_history(
    database_url: str,
    directory: Path,
    *,
    take_over: bool,
    on_page: Callable[[int], None] = lambda events: None,
) -> Imported:
    """Import the export in `directory`. `take_over`: its services may go on here, as the original never will again.

    Raises ManifestUnreadable, FileDiffers and TableDamaged with the exact place, DeploymentNotEmpty, CannotTakeOver,
    ServicesRunning, ShardCountDiffers.
    """
    manifest = read_manifest(directory)
    _may_take_over(manifest, take_over)
    shards = _shard_count(manifest)
    await _demand_nobody(database_url)
    for source in manifest.shard_counts:
        await _prepare(database_url, source, shards)
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        if manifest.keys:
            await install_key_store(connection)
        async with connection.transaction():
            await _demand_empty(connection, manifest)
            for (source, shard), files in exported_shards(manifest).items():
                await _import_shard(connection, source, shard, files, directory, on_page)
            await _import_state(connection, manifest, directory)
            if not take_over:
                await _mark_archive(connection, manifest)
    finally:
        await connection.close()
    return Imported(
        manifest.events, shards * len(manifest.shard_counts), len(manifest.state), archive=not take_over
    )


def _may_take_over(manifest: Manifest, take_over: bool) -> None:
    if not take_over:
        return
    missing = [what for what, there in (("state", manifest.state), ("keys", manifest.keys)) if not there]
    if missing:
        raise CannotTakeOver(
            f"the export was made without {' and '.join(missing)}: its services would forget what they owe"
            " or could not read whom they owe it; import it as an archive"
        )


def _shard_count(manifest: Manifest) -> int:
    counts: Mapping[str, int] = manifest.shard_counts
    if len(set(counts.values())) != 1:
        raise ManifestUnreadable(f"the logs have different numbers of shards: {dict(counts)}")
    return next(iter(counts.values()))


async def _demand_nobody(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for _ in range(_LOOKS):
            names = await connection.fetchval(
                "select string_agg(distinct application_name, ', ') from pg_stat_activity"
                " where datname = current_database() and application_name like 'huiji-%'"
            )
            if names is None:
                return
            # A connection that was closed a moment ago may still be listed.
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        await connection.close()
    raise ServicesRunning(names)


async def _prepare(database_url: str, source: str, shards: int) -> None:
    pool = await open_pool(database_url, source, size=2)
    try:
        folders = [_SERVICES / source / name for name in _MIGRATIONS]
        log = EventLog(pool, source, shards, utc_now, new_id)
        await log.prepare([folder for folder in folders if folder.is_dir()])
    except LogIsArchive:
        raise DeploymentNotEmpty(f"{source} has an archive that was imported before") from None
    finally:
        await pool.close()


async def _demand_empty(connection: "Connection", manifest: Manifest) -> None:
    for source in manifest.shard_counts:
        # Whoever appends or consumes now waits, and finds what was imported.
        await connection.execute(
            f'lock table "{source}".shard, "{source}".checkpoint in access exclusive mode'
        )
        for table, what in (("shard", "events"), ("checkpoint", "processed events")):
            there: int = await connection.fetchval(
                f'select coalesce(sum(position), 0)::bigint from "{source}"."{table}"'
            )
            if there:
                raise DeploymentNotEmpty(f"{source} has {there} {what}")
        if await connection.fetchval(f'select exists (select from "{source}".event)'):
            raise DeploymentNotEmpty(f"{source} has events that its shards do not know")
    if manifest.keys and await connection.fetchval(f"select exists (select from {KEY_SCHEMA}.person_key)"):
        raise DeploymentNotEmpty("there are keys of persons")


async def _import_shard(
    connection: "Connection",
    source: str,
    shard: int,
    files: list[ExportedShard],
    directory: Path,
    on_page: Callable[[int], None],
) -> None:
    position, last = 0, GENESIS
    for file in files:
        for page in verified_pages(directory, file, position, last):
            await connection.copy_records_to_table(
                "event",
                records=map(_FIELDS, page),
                columns=_COLUMNS,
                schema_name=source,
                timeout=_STATEMENT_SECONDS,
            )
            position, last = page[-1].position, page[-1].hash
            on_page(len(page))
    await connection.execute(
        f'update "{source}".shard set position = $2, hash = $3 where shard = $1', shard, position, last
    )


async def _import_state(connection: "Connection", manifest: Manifest, directory: Path) -> None:
    for schema in dict.fromkeys(table.schema for table in manifest.state):
        tables = [table for table in manifest.state if table.schema == schema]
        await import_tables(connection, schema, tables, directory)


async def _mark_archive(connection: "Connection", manifest: Manifest) -> None:
    """No service starts on it (`EventLog.prepare`), but for the read models, which act on nothing."""
    for source in manifest.shard_counts:
        if source != READ_MODELS:
            await connection.execute(
                f'create table "{source}".archive (imported_at timestamptz not null default now())'
            )
            await connection.execute(f'insert into "{source}".archive default values')
