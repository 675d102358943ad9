"""What services keep beside their logs (clocks, lookups, files for the bank, checkpoints, parked events), as files.

Not all of it can be derived from the logs: how far an answer of the bank was read, who holds a lease, what was parked.
So all of it goes along, table by table, and nothing has to be remembered here when a service gets a new one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from services.operations.adapters.event_files import digest_of
from services.operations.domain.errors import OperationsError
from services.operations.domain.manifest import ExportedTable

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

KEY_SCHEMA = "privacy"
_COPY_SECONDS = 6 * 3_600.0
# The logs have files of their own, with every body, wherever it lies here; how far a log was published says something
# about one broker only; which SQL was applied is a fact of the database that takes the tables; snapshots are made
# of the logs again.
_NOT_STATE = ("event", "archive_segment", "archive_block", "snapshot", "shard", "relay", "migration")
READ_MODELS = "projections"
"""Read models are built from the logs again, with the checkpoints that tell how far they came."""

_TABLES = """
select relname as name, oid from pg_class
where relnamespace = to_regnamespace($1) and relkind = 'r' and relname <> all ($2::text[]) order by relname
"""
_COLUMNS = """
select attname as name from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped
and attgenerated = '' order by attnum
"""
_KEY = """
select attname as name from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
where indrelid = $1 and indisprimary order by array_position(indkey::smallint[], attnum)
"""
_REFERENCES = """
select child.relname as child, parent.relname as parent from pg_constraint
join pg_class as child on child.oid = conrelid join pg_class as parent on parent.oid = confrelid
where contype = 'f' and child.relnamespace = to_regnamespace($1)
"""
_IDENTITIES = """
select attname as name, pg_get_serial_sequence($1, attname) as sequence from pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped and pg_get_serial_sequence($1, attname) is not null
"""


class TableDamaged(OperationsError):
    """A file of an export is not what the manifest says, or does not fit the table it is for."""

    code = "table_damaged"


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


async def export_tables(connection: "Connection", schema: str, directory: Path) -> list[ExportedTable]:
    """Write every table of a service that is not its log, rows in the order of their keys."""
    tables = await _tables(connection, schema)
    return [await _export_table(connection, schema, table, directory) for table in tables]


async def _tables(connection: "Connection", schema: str) -> list[_Table]:
    found = []
    for row in await connection.fetch(_TABLES, schema, list(_NOT_STATE)):
        columns = tuple(column["name"] for column in await connection.fetch(_COLUMNS, row["oid"]))
        key = tuple(column["name"] for column in await connection.fetch(_KEY, row["oid"]))
        found.append(_Table(row["name"], columns, key))
    return found


async def _export_table(
    connection: "Connection", schema: str, table: _Table, directory: Path
) -> ExportedTable:
    name = f"{schema}/state/{table.name}.copy"
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    order = f" order by {_listed(table.key)}" if table.key else ""
    with path.open("xb") as file:

        async def write(data: bytes) -> None:
            file.write(data)
            digest.update(data)

        status = await connection.copy_from_query(
            f'select {_listed(table.columns)} from "{schema}"."{table.name}"{order}',
            output=write,
            format="text",
            timeout=_COPY_SECONDS,
        )
    return ExportedTable(schema, table.name, table.columns, name, int(status.split()[-1]), digest.hexdigest())


async def import_tables(
    connection: "Connection", schema: str, tables: Sequence[ExportedTable], directory: Path
) -> None:
    """Fill a service's tables from files, in place of what its migrations had put there. Raises TableDamaged."""
    by_name = {table.table: table for table in tables}
    present = {table.name for table in await _tables(connection, schema)}
    unknown = sorted(by_name.keys() - present)
    if unknown:
        raise TableDamaged(f"this version of {schema} has no table {', '.join(unknown)}")
    order = [name for name in await _parents_first(connection, schema, present) if name in by_name]
    for name in reversed(order):
        # Some tables refuse to be deleted from; those are empty, or this deployment is not.
        if await connection.fetchval(f'select exists (select from "{schema}"."{name}")'):
            await connection.execute(f'delete from "{schema}"."{name}"')
    for name in order:
        await _import_table(connection, by_name[name], directory)


async def _parents_first(connection: "Connection", schema: str, tables: set[str]) -> list[str]:
    parents: dict[str, set[str]] = {table: set() for table in sorted(tables)}
    for row in await connection.fetch(_REFERENCES, schema):
        if row["child"] != row["parent"] and row["child"] in parents:
            parents[row["child"]].add(row["parent"])
    return list(TopologicalSorter(parents).static_order())


async def _import_table(connection: "Connection", table: ExportedTable, directory: Path) -> None:
    path = directory / table.file
    try:
        digest = digest_of(path)
    except OSError as error:
        raise TableDamaged(f"{table.file}: {error.strerror}") from error
    if digest != table.sha256:
        raise TableDamaged(f"{table.file}: the file's SHA-256 is not the manifest's")
    status = await connection.copy_to_table(
        table.table,
        source=path,
        columns=list(table.columns),
        schema_name=table.schema,
        format="text",
        timeout=_COPY_SECONDS,
    )
    if int(status.split()[-1]) != table.rows:
        raise TableDamaged(f"{table.file} has {status.split()[-1]} rows, the manifest says {table.rows}")
    place = f'"{table.schema}"."{table.table}"'
    for row in await connection.fetch(_IDENTITIES, place):
        await connection.execute(
            f'select setval($1::text::regclass, coalesce(max("{row["name"]}"), 0) + 1, false) from {place}',
            row["sequence"],
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
