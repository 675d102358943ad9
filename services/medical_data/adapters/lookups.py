"""The look-ups that wait, as a table that several processes share.

A look-up is leased while it is asked for: the bureau is never waited for inside a transaction. A lease that its
process does not live to end runs out, and the question is asked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec.structs import replace

from libs.eventlog import Recorded
from libs.eventlog.envelope import from_json, to_json
from services.medical_data.domain.heard import Filed

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_HERE = Path(__file__).parent
_ADD = (_HERE / "add_lookups.sql").read_text()
_LEASE = (_HERE / "lease_lookups.sql").read_text()

# Locked in one order, so that transactions with look-ups in common wait for each other, not in a circle.
_TAKE_LEASED = """
with ours as materialized (
    select claim_id from lookup
    where claim_id = any ($1::text[]) and lease = $3 and not erased
    order by claim_id
    for update
), answered as (
    delete from lookup using ours where lookup.claim_id = ours.claim_id and ours.claim_id = any ($2::text[])
)
select claim_id from ours
"""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A claim whose records are to be fetched. `cause` is the event of its revision, without the body."""

    claim_id: str
    revision: int
    person_id: str
    submission_id: str
    total_fen: int
    fund_total_fen: int
    identity: str
    cause: Recorded
    attempts: int
    given_up: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that brought nothing: when to try again, and whether the budget ends with it."""

    lookup: Lookup
    code: str
    next_attempt_at: datetime
    spent: bool


@dataclass(frozen=True, slots=True)
class Expired:
    """A look-up whose budget is spent."""

    claim_id: str
    revision: int
    person_id: str
    cause: Recorded
    attempts: int
    last_failure: str | None
    erased: bool


async def add(
    connection: "Connection",
    claims: Sequence[tuple[Recorded, Filed]],
    now: datetime,
    budget_ends_at: datetime,
) -> None:
    """Note claims to be looked up, each by its newest revision; those that wait for it already are left as they are."""
    # One statement cannot touch a row twice: of a claim's several revisions the last one counts.
    newest = {claim.claim_id: (recorded, claim) for recorded, claim in claims}
    claims = list(newest.values())
    if not claims:
        return
    await connection.execute(
        _ADD,
        [claim.claim_id for _, claim in claims],
        [claim.revision for _, claim in claims],
        [claim.person_id for _, claim in claims],
        [claim.submission_id for _, claim in claims],
        [claim.settlement.total_fen for _, claim in claims],
        [claim.settlement.fund_total_fen for _, claim in claims],
        [claim.identity for _, claim in claims],
        [to_json(replace(recorded, body=b"")) for recorded, _ in claims],
        now,
        budget_ends_at,
    )


async def take_due(
    connection: "Connection", now: datetime, lease: UUID, leased_until: datetime, limit: int
) -> list[Lookup]:
    """Lease up to `limit` look-ups that are due; other processes take others."""
    rows = await connection.fetch(_LEASE, now, leased_until, lease, limit)
    return [
        Lookup(
            claim_id=row["claim_id"],
            revision=row["revision"],
            person_id=row["person_id"],
            submission_id=row["submission_id"],
            total_fen=row["total_fen"],
            fund_total_fen=row["fund_total_fen"],
            identity=row["identity"],
            cause=from_json(row["cause"]),
            attempts=row["attempts"],
            given_up=row["given_up"],
        )
        for row in rows
    ]


async def take_leased(
    connection: "Connection", claim_ids: Sequence[str], answered: Sequence[str], lease: UUID
) -> set[str]:
    """Those of the claims that are still ours and whose people are not erased, locked for this transaction, which
    records those of them that are `answered`: their look-ups are dropped.
    """
    rows = await connection.fetch(_TAKE_LEASED, list(claim_ids), list(answered), lease)
    return {row["claim_id"] for row in rows}


async def note_failures(connection: "Connection", failures: Sequence[Failure], now: datetime) -> None:
    """Count failed attempts and set the next ones. A spent budget ends now; a late look-up's only runs out by time."""
    if not failures:
        return
    await connection.execute(
        "update lookup set attempts = attempts + 1, last_failure = failed.code, lease = null,"
        " next_attempt_at = failed.next_attempt_at,"
        " budget_ends_at = case when failed.spent and not given_up then $5 else budget_ends_at end"
        " from unnest($1::text[], $2::text[], $3::timestamptz[], $4::boolean[])"
        " as failed (claim_id, code, next_attempt_at, spent) where lookup.claim_id = failed.claim_id",
        [failure.lookup.claim_id for failure in failures],
        [failure.code for failure in failures],
        [failure.next_attempt_at for failure in failures],
        [failure.spent for failure in failures],
        now,
    )


async def remove(connection: "Connection", claim_ids: Sequence[str]) -> None:
    """Drop look-ups that are done with."""
    if claim_ids:
        await connection.execute("delete from lookup where claim_id = any ($1::text[])", list(claim_ids))


async def any_over(connection: "Connection", now: datetime) -> bool:
    """Whether a budget is spent, or a late period over."""
    over: bool = await connection.fetchval(
        "select exists (select from lookup where not given_up and budget_ends_at <= $1)"
        " or exists (select from lookup where given_up and budget_ends_at <= $1)",
        now,
    )
    return over


async def take_expired(connection: "Connection", now: datetime, limit: int) -> list[Expired]:
    """Look-ups whose budget is spent and of which nothing was said yet, locked for this transaction."""
    rows = await connection.fetch(
        "select claim_id, revision, person_id, cause, attempts, last_failure, erased from lookup"
        " where not given_up and budget_ends_at <= $1 order by budget_ends_at limit $2 for update skip locked",
        now,
        limit,
    )
    return [
        Expired(
            claim_id=row["claim_id"],
            revision=row["revision"],
            person_id=row["person_id"],
            cause=from_json(row["cause"]),
            attempts=row["attempts"],
            last_failure=row["last_failure"],
            erased=row["erased"],
        )
        for row in rows
    ]


async def keep_as_late(
    connection: "Connection", claim_ids: Sequence[str], next_attempt_at: datetime, until: datetime
) -> None:
    """Go on asking for claims that were given up, less often. One that is being asked for keeps its lease."""
    if claim_ids:
        await connection.execute(
            "update lookup set given_up = true, budget_ends_at = $3,"
            " next_attempt_at = greatest(next_attempt_at, $2) where claim_id = any ($1::text[])",
            list(claim_ids),
            next_attempt_at,
            until,
        )


async def drop_too_late(connection: "Connection", now: datetime) -> int:
    """Stop asking for claims whose late period is over; returns how many."""
    status = await connection.execute("delete from lookup where given_up and budget_ends_at <= $1", now)
    return int(status.rpartition(" ")[2])


async def mark_erased(connection: "Connection", person_ids: Sequence[str], now: datetime) -> None:
    """Nobody is asked about erased people any more: what waits is given up now, what was late is dropped."""
    if not person_ids:
        return
    people = list(person_ids)
    await connection.execute("delete from lookup where person_id = any ($1::text[]) and given_up", people)
    await connection.execute(
        "update lookup set erased = true, last_failure = 'person_erased', budget_ends_at = $2"
        " where person_id = any ($1::text[])",
        people,
        now,
    )


async def summary(connection: "Connection") -> dict[str, Any]:
    """How many look-ups wait, how many are late, since when, and why attempts failed."""
    rows = await connection.fetch(
        "select given_up, last_failure, count(*) as claims, max(attempts) as most_attempts,"
        " min(budget_ends_at) as first_budget_ends_at from lookup group by 1, 2 order by 1, 2"
    )
    return {
        "waiting": sum(row["claims"] for row in rows if not row["given_up"]),
        "late": sum(row["claims"] for row in rows if row["given_up"]),
        "by_failure": [dict(row) for row in rows],
    }
