"""Where a person's money goes: the sealed identity of their newest coverage; and what waits for one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from libs.contracts.enrolment import CoverageActivated

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class Releasable:
    """A claim with a held payment whose person's account has become known."""

    claim_id: str
    person_id: str
    creditor: str
    traceparent: str | None


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


async def hold(connection: "Connection", held: Sequence[tuple[str, str, str | None]]) -> None:
    """Remember (claim id, person id, traceparent) of decisions that wait for an account."""
    await connection.executemany(
        "insert into held (claim_id, person_id, traceparent) values ($1, $2, $3) on conflict do nothing", held
    )


async def take_releasable(connection: "Connection", limit: int) -> list[Releasable]:
    """Held claims whose account is known by now, taken off within this transaction; others see others."""
    rows = await connection.fetch(
        "delete from held using payee where payee.person_id = held.person_id and held.claim_id in ("
        " select claim_id from held join payee using (person_id) limit $1 for update of held skip locked)"
        " returning held.claim_id, held.person_id, payee.identity, held.traceparent",
        limit,
    )
    return [Releasable(*row) for row in rows]
