"""Where a person's money goes: the sealed identity of their newest coverage."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from libs.contracts.enrolment import CoverageActivated

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def remember(connection: "Connection", coverages: Sequence[CoverageActivated]) -> None:
    """Keep each person's newest identity; an older one that arrives late changes nothing."""
    newest = {cover.person_id: cover for cover in sorted(coverages, key=lambda cover: cover.enrolled_at)}
    await connection.execute(
        "insert into payee (person_id, identity, enrolled_at)"
        " select * from unnest($1::text[], $2::text[], $3::timestamptz[])"
        " on conflict (person_id) do update set identity = excluded.identity, enrolled_at = excluded.enrolled_at"
        " where payee.enrolled_at <= excluded.enrolled_at",
        list(newest),
        [cover.identity for cover in newest.values()],
        [cover.enrolled_at for cover in newest.values()],
    )


async def find(connection: "Connection", person_ids: Iterable[str]) -> dict[str, str]:
    """Sealed identities by person; people without coverage are absent."""
    rows = await connection.fetch(
        "select person_id, identity from payee where person_id = any ($1::text[])", list(person_ids)
    )
    return {row["person_id"]: row["identity"] for row in rows}


async def forget(connection: "Connection", person_ids: Iterable[str]) -> None:
    """An erased person has no account here."""
    await connection.execute("delete from payee where person_id = any ($1::text[])", list(person_ids))


async def held_claims(connection: "Connection", person_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(claim id, person id) of the decisions that wait for an account."""
    rows = await connection.fetch(
        "select claim_id, person_id from held where person_id = any ($1::text[])", list(person_ids)
    )
    return [(row["claim_id"], row["person_id"]) for row in rows]
