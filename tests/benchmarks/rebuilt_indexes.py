"""A table that is filled before it has indexes and triggers, in one transaction: each row is written once, in place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_DEFINITIONS = """
select format('alter table %s add constraint %I %s', $1::text, conname, pg_get_constraintdef(oid))
from pg_constraint where conrelid = $1::text::regclass and contype in ('p', 'u')
union all
select pg_get_indexdef(indexrelid) from pg_index
where indrelid = $1::text::regclass and not exists (select from pg_constraint where conindid = indexrelid)
union all
select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1::text::regclass and not tgisinternal
"""
# How closely each column is analysed, which LIKE does not copy.
_STATISTICS = """
select format('alter table %s alter column %I set statistics %s', $1::text, attname, attstattarget)
from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and attstattarget >= 0
"""
_OPTIONS = "select array_to_string(reloptions, ', ') from pg_class where oid = $1::text::regclass"

# Functions that take a row of the table: they belong to its type, which goes with the old table.
_FUNCTIONS = """
select oid, pg_get_functiondef(oid) as definition from pg_proc
where (select reltype from pg_class where oid = $1::text::regclass) = any (proargtypes)
"""


@asynccontextmanager
async def only_filled(connection: "Connection", schema: str, table: str) -> AsyncIterator[str]:
    """Within: the table is new and empty, without indexes; gives the name under which the old one can be read.

    In a transaction of the caller's. With `wal_level=minimal` the rows of a table that is made in the same transaction
    are not logged, and COPY may freeze them: nothing sweeps them later. No view may read the table.
    """
    name = f'"{schema}"."{table}"'
    definitions = [
        row[0] for query in (_STATISTICS, _DEFINITIONS) for row in await connection.fetch(query, name)
    ]
    options = await connection.fetchval(_OPTIONS, name)
    functions = await connection.fetch(_FUNCTIONS, name)
    await connection.execute(f'alter table {name} rename to "{table}_short"')
    short = f'"{schema}"."{table}_short"'
    # Filled under the defaults, it is compressed, and so has room on a disk where a million claims else have none.
    await connection.execute(f"create table {name} (like {short} including defaults including storage)")
    yield short
    if options:
        await connection.execute(f"alter table {name} set ({options})")
    for function in functions:
        signature = await connection.fetchval("select $1::oid::regprocedure::text", function["oid"])
        await connection.execute(f"drop function {signature}")
        await connection.execute(function["definition"])
    await connection.execute(f"drop table {short}")
    for definition in definitions:
        await connection.execute(definition)
