"""Generations of a read model: their schemas, and the row that says what each is. Connections see the live schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from libs.eventlog.migrate import migrate
from services.projections.read_model import ReadModel

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Row

LIVE_SCHEMA = "projections"
LONG_STATEMENT_SECONDS = 6 * 3_600.0
"""Making an index or comparing tables reads a city's history once."""

# What a generation's schema holds beside the read model.
_KEPT = ("migration", "checkpoint", "parked")
_FIELDS = "model, number, version, schema_name, status, indexes, switched_by"
_RELATIONS = """
select relname as name, relkind in ('r', 'p') as is_table from pg_class
where relnamespace = $1::text::regnamespace and relkind in ('r', 'p', 'v') and relname <> all ($2::text[])
order by oid desc
"""
_SECONDARY_INDEXES = """
select relname as name, pg_get_indexdef(indexrelid) as definition
from pg_index join pg_class on pg_class.oid = indexrelid
where relnamespace = $1::text::regnamespace and not indisunique
  and indrelid not in (select oid from pg_class where relnamespace = $1::text::regnamespace and relname = any ($2))
"""


@dataclass(frozen=True, slots=True)
class Generation:
    """A filling of a read model; `schema` is where its tables are while it is not live.

    `switched_by`: the member of staff who put it live; None for the first, and for whoever had the database.
    """

    model: str
    number: int
    version: int
    schema: str
    status: str
    indexes: tuple[str, ...]
    switched_by: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of a read model."""

    name: str
    is_table: bool


def _generation(row: "Row") -> Generation:
    model, number, version, schema, status, indexes, switched_by = row
    return Generation(model, number, version, schema, status, tuple(indexes), switched_by)


def schema_of(model: str, number: int) -> str:
    """Where a generation's tables are while it is not live."""
    return f"{LIVE_SCHEMA}_{model}_v{number}"


async def listed(connection: "Connection", model: str) -> list[Generation]:
    """All generations of a model, oldest first."""
    rows = await connection.fetch(f"select {_FIELDS} from generation where model = $1 order by number", model)
    return [_generation(row) for row in rows]


async def live(connection: "Connection", model: str) -> Generation:
    """The generation that readers see."""
    row = await connection.fetchrow(
        f"select {_FIELDS} from generation where model = $1 and status = 'live'", model
    )
    assert row is not None, f"{model} was noted when its schema was prepared"
    return _generation(row)


async def note_first(connection: "Connection", model: ReadModel, now: datetime) -> None:
    """A model without generations is its first one: of this version when nothing has been heard yet, else unknown."""
    await connection.execute(
        "insert into generation (model, number, version, schema_name, status, started_at, switched_at)"
        " select $1, 1, case when exists (select from checkpoint where position > 0) then 0 else $2::integer end,"
        " $3, 'live', $4, $4 where not exists (select from generation where model = $1) on conflict do nothing",
        model.name,
        model.version,
        schema_of(model.name, 1),
        now,
    )


async def note_older(connection: "Connection", model: ReadModel) -> None:
    """From now on an older version than the one that filled the live tables follows the logs in them."""
    await connection.execute(
        "update generation set version = $2 where model = $1 and status = 'live' and version > $2",
        model.name,
        model.version,
    )


async def begin(connection: "Connection", model: ReadModel, now: datetime) -> Generation:
    """The generation under construction: the one that an earlier rebuild left unfinished, else a new one.

    Safe to repeat after a crash at any point. One that older code began is given up.
    """
    unfinished = [one for one in await listed(connection, model.name) if one.status == "building"]
    for one in unfinished:
        if one.version != model.version:
            await remove(connection, one)
    async with connection.transaction():
        number: int = await connection.fetchval(
            "select coalesce(max(number), 0) + 1 from generation where model = $1", model.name
        )
        await connection.execute(
            "insert into generation (model, number, version, schema_name, status, started_at)"
            " values ($1, $2, $3, $4, 'building', $5)"
            " on conflict (model) where status = 'building' do nothing",
            model.name,
            number,
            model.version,
            schema_of(model.name, number),
            now,
        )
    (building,) = [one for one in await listed(connection, model.name) if one.status == "building"]
    await migrate(connection, building.schema, [model.migrations])
    await _equip(connection, building)
    (equipped,) = [one for one in await listed(connection, model.name) if one.status == "building"]
    return equipped


async def take_up(connection: "Connection", model: str, number: int) -> Generation | None:
    """Make a retired generation the one under construction, to bring it up and switch back; None when it is not."""
    row = await connection.fetchrow(
        f"update generation set status = 'building' where model = $1 and number = $2"
        f" and status in ('retired', 'building') returning {_FIELDS}",
        model,
        number,
    )
    return None if row is None else _generation(row)


async def _equip(connection: "Connection", building: Generation) -> None:
    """Its own checkpoints and parked events, and no index that is not needed for filling it."""
    schema = building.schema
    async with connection.transaction():
        await create_bookkeeping(connection, schema)
        if building.indexes:
            return
        rows = await connection.fetch(_SECONDARY_INDEXES, schema, list(_KEPT))
        await connection.execute(
            "update generation set indexes = $2 where schema_name = $1",
            schema,
            [row["definition"] for row in rows],
        )
        for row in rows:
            await connection.execute(f'drop index "{schema}"."{row["name"]}"')
        # Nothing rests for live in a sweeper: what it would find out is found out once, when all is there.
        for relation in await relations(connection, schema):
            if relation.is_table:
                await connection.execute(
                    f'alter table "{schema}"."{relation.name}" set (autovacuum_enabled = false)'
                )


async def create_bookkeeping(connection: "Connection", schema: str) -> None:
    """Checkpoints and parked events of a generation's own."""
    await connection.execute(f'create schema if not exists "{schema}"')
    for table in ("checkpoint", "parked"):
        await connection.execute(
            f'create table if not exists "{schema}".{table} (like {LIVE_SCHEMA}.{table} including all)'
        )


async def make_indexes(connection: "Connection", building: Generation) -> None:
    """Make the indexes that were dropped, and let the planner know the tables."""
    for definition in building.indexes:
        missing = definition.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1)
        await connection.execute(missing, timeout=LONG_STATEMENT_SECONDS)
    for relation in await relations(connection, building.schema):
        if relation.is_table:
            await connection.execute(
                f'alter table "{building.schema}"."{relation.name}" reset (autovacuum_enabled)'
            )
            await connection.execute(
                f'analyze "{building.schema}"."{relation.name}"', timeout=LONG_STATEMENT_SECONDS
            )


async def relations(connection: "Connection", schema: str) -> Sequence[Relation]:
    """The read model's tables and views in a generation's schema, whatever reads another one before it."""
    rows = await connection.fetch(_RELATIONS, schema, list(_KEPT))
    return [Relation(row["name"], row["is_table"]) for row in rows]


async def remove(connection: "Connection", generation: Generation) -> None:
    """Drop a generation that is not live, with its tables."""
    assert generation.status != "live", f"{generation.schema} is what readers see"
    async with connection.transaction():
        await connection.execute(f'drop schema if exists "{generation.schema}" cascade')
        await connection.execute("delete from generation where schema_name = $1", generation.schema)
