"""Put a generation in the place of the live one, inside one transaction; and tell them apart."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from services.projections.adapters.generations import (
    LIVE_SCHEMA,
    LONG_STATEMENT_SECONDS,
    Generation,
    create_bookkeeping,
    relations,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_PARKED = (
    "source, shard, position, subject, type, reason, error, envelope, attempts, status, parked_at, resolved_at,"
    " resolved_by, resolution, substitute, substitute_version, amended_by, due"
)


async def switch(
    connection: "Connection", building: Generation, live: Generation, now: datetime, by: str | None
) -> None:
    """Readers see `building` from the commit on; `live` is kept, and knows how far it came; `by` is noted.

    Call it in a transaction that holds the live checkpoints, with both generations at the same positions.
    """
    moving = await relations(connection, building.schema)
    await create_bookkeeping(connection, live.schema)
    await _retire_bookkeeping(connection, live)
    # Views before what they read: readers take their locks in that order, too.
    for relation in moving:
        await connection.execute(_move(relation.name, relation.is_table, LIVE_SCHEMA, live.schema))
    for relation in moving:
        await connection.execute(_move(relation.name, relation.is_table, building.schema, LIVE_SCHEMA))
    await _take_over_parked(connection, building, now)
    await connection.execute("update generation set status = 'retired' where schema_name = $1", live.schema)
    await connection.execute(
        "update generation set status = 'live', switched_at = $2, switched_by = $3 where schema_name = $1",
        building.schema,
        now,
        by,
    )


def _move(name: str, is_table: bool, source: str, target: str) -> str:
    kind = "table" if is_table else "view"
    return f'alter {kind} "{source}"."{name}" set schema "{target}"'


async def _retire_bookkeeping(connection: "Connection", live: Generation) -> None:
    """Where the retired tables stand, so that they can be taken up again."""
    schema = f'"{live.schema}"'
    await connection.execute(f"delete from {schema}.checkpoint")
    await connection.execute(f"insert into {schema}.checkpoint table {LIVE_SCHEMA}.checkpoint")
    await connection.execute(f"delete from {schema}.parked")
    await connection.execute(
        f"insert into {schema}.parked ({_PARKED}) select {_PARKED} from {LIVE_SCHEMA}.parked where status = 'parked'"
    )


async def _take_over_parked(connection: "Connection", building: Generation, now: datetime) -> None:
    """What waits now is what this generation could not process; rows are never deleted."""
    theirs = f'"{building.schema}".parked'
    await connection.execute(
        f"update {LIVE_SCHEMA}.parked as mine set status = 'retried', resolved_at = $1, resolved_by = 'rebuild',"
        f" resolution = $2 where status = 'parked' and not exists (select from {theirs} as theirs"
        " where theirs.status = 'parked' and (theirs.source, theirs.shard, theirs.position)"
        " = (mine.source, mine.shard, mine.position))",
        now,
        f"processed by generation {building.number}",
    )
    await connection.execute(
        f"insert into {LIVE_SCHEMA}.parked ({_PARKED}) select {_PARKED} from {theirs} where status = 'parked'"
        " on conflict (source, shard, position) do update set status = 'parked', reason = excluded.reason,"
        " error = excluded.error, resolved_at = null, resolved_by = null, resolution = null,"
        " substitute = excluded.substitute, substitute_version = excluded.substitute_version,"
        " amended_by = excluded.amended_by, due = excluded.due"
    )


async def differences(connection: "Connection", building: Generation) -> dict[str, tuple[int, int]]:
    """Per table the rows that only the live one has, and those that only the built one has; equal tables are absent.

    Rows are compared as text, every column. Call it while the live checkpoints are held. Tables with as many rows whose
    hashes come to the same sum are equal: finding that out takes a fifth of comparing row by row, beside live traffic.
    """
    found = {}
    for relation in await relations(connection, building.schema):
        if not relation.is_table:
            continue
        mine = f'select t::text from {LIVE_SCHEMA}."{relation.name}" as t'
        built = f'select t::text from "{building.schema}"."{relation.name}" as t'
        if await _fingerprint(connection, mine) == await _fingerprint(connection, built):
            continue
        row = await connection.fetchrow(
            f"select (select count(*) from ({mine} except all {built}) as a) as only_live,"
            f" (select count(*) from ({built} except all {mine}) as b) as only_built",
            timeout=LONG_STATEMENT_SECONDS,
        )
        assert row is not None, "a count always has a row"
        if row["only_live"] or row["only_built"]:
            found[relation.name] = (row["only_live"], row["only_built"])
    return found


async def _fingerprint(connection: "Connection", rows: str) -> tuple[int, Decimal | None]:
    row = await connection.fetchrow(
        f"select count(*), sum(hashtextextended(t, 0)) from ({rows}) as each (t)",
        timeout=LONG_STATEMENT_SECONDS,
    )
    assert row is not None, "a count always has a row"
    return row[0], row[1]
