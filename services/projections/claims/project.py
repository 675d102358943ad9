"""Write a batch of events into the claim read model: two statements, whatever the batch's size."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from libs.contracts import ClaimEvent
from libs.eventlog import Recorded, UnitOfWork
from services.projections.claims.columns import COLUMNS, Columns, columns_of, merged

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

STEP_COLUMNS = ("subject", "recorded_at", "source", "shard", "position", "type", "traceparent")
_LISTS = {"pend_reasons", "score_reasons", "programmes"}


async def project(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """The consumer's handler. Delivering the same events twice changes nothing."""
    await write_claims(work.connection, events)
    await work.connection.execute(_STEPS, *(list(column) for column in zip(*steps_of(events), strict=True)))


async def fill(work: UnitOfWork, events: Sequence[Recorded]) -> None:
    """The handler of a rebuild: the same rows, those that no other event touches by COPY.

    A rebuild commits its checkpoint with them, so no event comes twice; one that did would fail.
    """
    await write_claims(work.connection, events)
    await work.connection.copy_records_to_table("step", records=steps_of(events), columns=STEP_COLUMNS)


def steps_of(events: Sequence[Recorded]) -> list[tuple[object, ...]]:
    """A row of `step` for each event."""
    return [(e.subject, e.recorded_at, e.source, e.shard, e.position, e.type, e.traceparent) for e in events]


async def write_claims(connection: "Connection", events: Sequence[Recorded]) -> None:
    """Bring the claims that the events are about up to them, each claim once."""
    rows: dict[tuple[str, str], Columns] = {}
    for recorded in events:
        event = recorded.decode()
        assert isinstance(event, ClaimEvent), f"{recorded.type} is not about a claim"
        key = (event.claim_id, event.person_id)
        rows[key] = merged(rows.get(key, {}), columns_of(event))
    await connection.execute(_UPSERT, *_arrays(rows))


def _arrays(rows: dict[tuple[str, str], Columns]) -> list[list[object]]:
    keys = sorted(rows)
    return [
        [claim_id for claim_id, _ in keys],
        [person_id for _, person_id in keys],
        *([rows[key].get(column) for key in keys] for column in COLUMNS),
    ]


def _upsert() -> str:
    names = ", ".join(COLUMNS)
    arrays = ", ".join(f"${index}::{kind}[]" for index, kind in enumerate(COLUMNS.values(), start=3))
    values = ", ".join(f"string_to_array({name}, ',')" if name in _LISTS else name for name in COLUMNS)
    updates = ", ".join(f"{name} = {_update(name)}" for name in COLUMNS)
    return (
        f"insert into claim (claim_id, person_id, {names}) select claim_id, person_id, {values}"
        f" from unnest($1::text[], $2::text[], {arrays}) as incoming (claim_id, person_id, {names})"
        f" on conflict (claim_id) do update set {updates}"
    )


def _update(name: str) -> str:
    # Referrals are the only events of which a claim has several that say different things: they add up.
    if name == "referred_at":
        return "greatest(excluded.referred_at, claim.referred_at)"
    if name == "programmes":
        return "(select array_agg(distinct p) from unnest(claim.programmes || excluded.programmes) as p)"
    return f"coalesce(excluded.{name}, claim.{name})"


_UPSERT = _upsert()
_STEPS = f"""
insert into step ({", ".join(STEP_COLUMNS)})
select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[])
on conflict do nothing
"""
