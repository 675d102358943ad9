"""The archive of plans in adjudication's schema."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from libs.benefits import Plan

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def archive_plans(connection: "Connection", plans: Iterable[Plan]) -> None:
    """Keep these plans for ever; those that are kept already stay as they are."""
    kept = {plan.digest: plan for plan in plans}
    await connection.execute(
        "insert into plan_archive (digest, plan_id, content)"
        " select * from unnest($1::text[], $2::text[], $3::bytea[]) on conflict do nothing",
        list(kept),
        [plan.id for plan in kept.values()],
        [plan.canonical_json for plan in kept.values()],
    )


async def archived_digests(connection: "Connection") -> list[dict[str, object]]:
    """What is kept, by plan and age."""
    rows = await connection.fetch(
        "select digest, plan_id, archived_at from plan_archive order by plan_id, archived_at, digest"
    )
    return [dict(row) for row in rows]


async def archived_plan(connection: "Connection", digest: str) -> bytes | None:
    """The canonical content of a plan; None when no plan of this digest was ever in force here."""
    content: bytes | None = await connection.fetchval(
        "select content from plan_archive where digest = $1", digest
    )
    return content


async def archived_plans(connection: "Connection", digests: Iterable[str]) -> dict[str, bytes]:
    """Contents by digest; what was never kept is absent."""
    rows = await connection.fetch(
        "select digest, content from plan_archive where digest = any ($1::text[])", list(digests)
    )
    return {row["digest"]: row["content"] for row in rows}
