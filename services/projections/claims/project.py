"""Write a batch of events into the claim read model: a statement per table, whatever the batch's size."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from libs.eventlog import Recorded, UnitOfWork
from services.projections.claims.columns import (
    COLUMNS,
    OF_DECISION,
    OF_INTAKE,
    Columns,
    columns_of,
    merged,
)
from services.projections.claims.heard import HEARD, Heard
from services.projections.claims.parts import PARTS, parts_of

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

STEP_COLUMNS = ("subject", "recorded_at", "source", "shard", "position", "type", "traceparent")
_LISTS = {"pend_reasons", "score_reasons"}


async def project(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """The consumer's handler. Delivering the same events twice changes nothing."""
    await _write(work.connection, events)
    await work.connection.execute(_STEPS, *(list(column) for column in zip(*steps_of(events), strict=True)))


async def fill(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """The handler of a rebuild: the same rows, those that no other event touches by COPY.

    A rebuild commits its checkpoint with them, so no event comes twice; one that did would fail.
    """
    await _write(work.connection, events)
    await work.connection.copy_records_to_table("step", records=steps_of(events), columns=STEP_COLUMNS)


def steps_of(events: Sequence[Recorded]) -> list[tuple[object, ...]]:
    """A row of `step` for each event."""
    return [(e.subject, e.recorded_at, e.source, e.shard, e.position, e.type, e.traceparent) for e in events]


async def _write(connection: "Connection", events: Sequence[Recorded]) -> None:
    """Bring the claims that the events are about, and their parts, up to them: each row once."""
    rows: dict[str, Columns] = {}
    decoded: list[Heard] = []
    for recorded in events:
        event: Heard = HEARD.decode(recorded.type, recorded.schema_version, recorded.body)
        decoded.append(event)
        rows[event.claim_id] = merged(rows.get(event.claim_id, {}), columns_of(event)) | {
            "person_id": event.person_id
        }
    await connection.execute(_CLAIMS, *_arrays("claim_id", ("person_id", *COLUMNS), rows))
    for table, found in parts_of(decoded).items():
        key, *columns = PARTS[table]
        await connection.execute(_PARTS[table], *_arrays(key, ("claim_id", "person_id", *columns), found))


def _arrays(key: str, names: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> list[list[object]]:
    """Columns as arrays, the key's first. Rows by key, so that two who write wait for each other instead of dying."""
    keys = sorted(rows)
    return [list(keys), *([rows[each].get(name) for each in keys] for name in names)]


def _upsert(table: str, key: str, columns: Mapping[str, str], updates: Mapping[str, str]) -> str:
    """Insert rows, or let them say more: `updates` has what becomes of a column of a row that is known."""
    names = ", ".join(columns)
    arrays = ", ".join(f"${index}::{kind}[]" for index, kind in enumerate(columns.values(), start=1))
    values = ", ".join(f"string_to_array({name}, ',')" if name in _LISTS else name for name in columns)
    changed = ", ".join(f"{name} = {update}" for name, update in updates.items())
    return (
        f"insert into {table} ({names}) select {values} from unnest({arrays}) as incoming ({names})"
        f" on conflict ({key}) do update set {changed}"
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


_CLAIMS = _upsert(
    "claim",
    "claim_id",
    {"claim_id": "text", "person_id": "text", **COLUMNS},
    {name: _claim_update(name) for name in COLUMNS},
)
_PARTS = {
    table: _upsert(
        table,
        next(iter(columns)),
        {next(iter(columns)): "text", "claim_id": "text", "person_id": "text", **columns},
        {name: f"coalesce(excluded.{name}, {table}.{name})" for name in list(columns)[1:]},
    )
    for table, columns in PARTS.items()
}
_STEPS = f"""
insert into step ({", ".join(STEP_COLUMNS)})
select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[])
on conflict do nothing
"""
