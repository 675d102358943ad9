"""Write a batch of events into the claim read model: a statement per table, whatever the batch's size."""

from collections.abc import Mapping, Sequence
from typing import Any

from libs.eventlog import Recorded, UnitOfWork
from libs.eventlog.errors import blame
from services.projections.claims.columns import (
    COLUMNS,
    OF_DECISION,
    OF_INTAKE,
    Columns,
    columns_of,
    merged,
)
from services.projections.claims.heard import (
    HEARD,
)
from services.projections.claims.heard_of_claims import (
    Heard,
)
from services.projections.claims.parts import PARTS, parts_of

STEP_COLUMNS = ("subject", "recorded_at", "source", "shard", "position", "type", "traceparent")
LISTS = {"pend_reasons", "score_reasons"}


async def project(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """The consumer's handler. Delivering the same events twice changes nothing."""
    for table, rows in told_by(events).items():
        key, *names = COLUMNS_OF[table]
        await work.connection.execute(UPSERTS[table], *arrays(key, names, rows))
    await work.connection.execute(_STEPS, *(list(column) for column in zip(*steps_of(events), strict=True)))


def steps_of(events: Sequence[Recorded]) -> list[tuple[object, ...]]:
    """A row of `step` for each event."""
    return [(e.subject, e.recorded_at, e.source, e.shard, e.position, e.type, e.traceparent) for e in events]


def told_by(events: Sequence[Recorded]) -> dict[str, Mapping[str, Mapping[str, Any]]]:
    """What the events say together: by table and key the columns of a row; the claims' table first."""
    rows: dict[str, Columns] = {}
    heard: list[Heard] = []
    for recorded in events:
        event = _heard(recorded)
        heard.append(event)
        columns = columns_of(event)
        columns["person_id"] = event.person_id
        known = rows.get(event.claim_id)
        rows[event.claim_id] = columns if known is None else merged(known, columns)
    return {"claim": rows, **parts_of(heard)}


def _heard(recorded: Recorded) -> Heard:
    try:
        event: Heard = HEARD.decode(recorded.type, recorded.schema_version, recorded.body)
    except Exception as error:
        blame(error, recorded)
        raise
    return event


def arrays(key: str, names: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> list[list[object]]:
    """Columns as arrays, the key's first. Rows by key, so that two who write wait for each other instead of dying."""
    keys = sorted(rows)
    return [list(keys), *([rows[each].get(name) for each in keys] for name in names)]


def _upsert(table: str, columns: Mapping[str, str], updates: Mapping[str, str], where: str = "") -> str:
    """Insert rows, or let them say more: `updates` has what becomes of a column of a row that is known."""
    names = ", ".join(columns)
    arrays = ", ".join(f"${index}::{kind}[]" for index, kind in enumerate(columns.values(), start=1))
    values = ", ".join(f"string_to_array({name}, ',')" if name in LISTS else name for name in columns)
    changed = ", ".join(f"{name} = {update}" for name, update in updates.items())
    return (
        f"insert into {table} ({names}) select {values} from unnest({arrays}) as incoming ({names})"
        f" {where} on conflict ({next(iter(columns))}) do update set {changed}"
    )


def _claim_update(name: str) -> str:
    kept = f"coalesce(excluded.{name}, claim.{name})"
    if name in OF_DECISION:
        # A new decision takes the place of everything that the one before said.
        return f"case when excluded.decision is null then {kept} else excluded.{name} end"
    if name in OF_INTAKE:
        return (
            f"case when excluded.channel is null then coalesce(claim.{name}, excluded.{name}) else {kept} end"
        )
    # The discharge came in with the first revision; a decision says when its own did.
    return f"least(claim.{name}, excluded.{name})" if name == "received_at" else kept


COLUMNS_OF: Mapping[str, Mapping[str, str]] = {
    "claim": {"claim_id": "text", "person_id": "text", **COLUMNS},
    **{
        table: {next(iter(columns)): "text", "claim_id": "text", "person_id": "text", **columns}
        for table, columns in PARTS.items()
    },
}
"""Of every table its columns with their types, the key first."""

# A third of what is heard of a claim, its payments, says nothing in its own row: there it only has to be known. Asked
# as a scalar, which PostgreSQL answers by index whatever it knew of the table's size when it planned.
_NEWS_OR_UNKNOWN = (
    f"where num_nonnulls({', '.join(COLUMNS)}) > 0"
    " or (select known.claim_id from claim as known where known.claim_id = incoming.claim_id) is null"
)

UPSERTS: Mapping[str, str] = {
    "claim": _upsert(
        "claim", COLUMNS_OF["claim"], {name: _claim_update(name) for name in COLUMNS}, _NEWS_OR_UNKNOWN
    ),
    **{
        table: _upsert(
            table,
            COLUMNS_OF[table],
            {name: f"coalesce(excluded.{name}, {table}.{name})" for name in list(columns)[1:]},
        )
        for table, columns in PARTS.items()
    },
}
"""Takes the arrays of a table's columns: inserts rows, or lets them say more."""
_STEPS = f"""
insert into step ({", ".join(STEP_COLUMNS)})
select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[])
on conflict do nothing
"""
