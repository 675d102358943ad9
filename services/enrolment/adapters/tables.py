"""The tables of coverages and of keys still to be destroyed."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_NOTE_COVERAGES = (
    "insert into coverage (coverage_id, person_id) select * from unnest($1::uuid[], $2::text[])"
    " order by 1 on conflict do nothing"
)
_NOTE_ERASURE = (
    "insert into erasure_todo (person_id, key_id, requested_at) values ($1, $2, $3)"
    " on conflict (person_id) do nothing"
)


async def note_coverages(connection: "Connection", owners: Mapping[str, str]) -> None:
    """Remember whose coverages these are (coverage id → person id)."""
    await connection.execute(_NOTE_COVERAGES, list(owners), list(owners.values()))


async def owner_of(connection: "Connection", coverage_id: UUID) -> str | None:
    """The person whose coverage it is."""
    owner: str | None = await connection.fetchval(
        "select person_id from coverage where coverage_id = $1", coverage_id
    )
    return owner


async def note_erasure(connection: "Connection", person_id: str, key_id: str, now: datetime) -> None:
    """A key has to be destroyed."""
    await connection.execute(_NOTE_ERASURE, person_id, key_id, now)


async def next_erasures(connection: "Connection", limit: int) -> dict[str, str]:
    """Lock the oldest keys to be destroyed (person id → key id); those of another replica are passed over."""
    rows = await connection.fetch(
        "select person_id, key_id from erasure_todo order by requested_at limit $1 for update skip locked",
        limit,
    )
    return {row["person_id"]: row["key_id"] for row in rows}


async def remove_erasures(connection: "Connection", person_ids: list[str]) -> None:
    """These keys are destroyed."""
    await connection.execute("delete from erasure_todo where person_id = any ($1::text[])", person_ids)
