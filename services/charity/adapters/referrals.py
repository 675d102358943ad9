"""The referrals as a table that follows the log in the same transaction."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from libs.contracts import Event
from libs.contracts.charity import ReferralMade, ReferralRevised, ReferralWithdrawn

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Bring the table up to the events among these that are about referrals."""
    events = list(events)
    await _insert(connection, [event for event in events if isinstance(event, ReferralMade)])
    revised = [event for event in events if isinstance(event, ReferralRevised)]
    if revised:
        await connection.executemany(
            "update referral set suggested_aid_fen = $2, remaining_burden_fen = $3, revised_at = $4"
            " where referral_id = $1",
            [(e.referral_id, e.suggested_aid_fen, e.remaining_burden_fen, e.revised_at) for e in revised],
        )
    undone = [event for event in events if isinstance(event, ReferralWithdrawn)]
    if undone:
        await connection.executemany(
            "update referral set suggested_aid_fen = 0, remaining_burden_fen = $2, withdrawn_at = $3"
            " where referral_id = $1",
            [(e.referral_id, e.remaining_burden_fen, e.withdrawn_at) for e in undone],
        )


async def _insert(connection: "Connection", made: Sequence[ReferralMade]) -> None:
    if not made:
        return
    await connection.execute(
        "insert into referral (referral_id, programme_id, person_id, claim_id, year, remaining_burden_fen,"
        " suggested_aid_fen, referred_at) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[],"
        " $5::integer[], $6::bigint[], $7::bigint[], $8::timestamptz[])",
        [event.referral_id for event in made],
        [event.programme_id for event in made],
        [event.person_id for event in made],
        [event.claim_id for event in made],
        [event.year for event in made],
        [event.remaining_burden_fen for event in made],
        [event.suggested_aid_fen for event in made],
        [event.referred_at for event in made],
    )


async def forget(connection: "Connection", person_ids: list[str]) -> None:
    """Take erased people off the list: nobody can be reached under these pseudonyms any more."""
    if person_ids:
        await connection.execute("delete from referral where person_id = any ($1::text[])", person_ids)


async def list_referrals(
    connection: "Connection", programme_id: str | None, limit: int, after: int, *, withdrawn: bool
) -> list[dict[str, Any]]:
    """Referrals in the order they were made, after a number; those that were withdrawn only when asked for."""
    rows = await connection.fetch(
        "select * from referral where number > $1 and ($2::text is null or programme_id = $2)"
        " and ($4 or withdrawn_at is null) order by number limit $3",
        after,
        programme_id,
        limit,
        withdrawn,
    )
    return [dict(row) for row in rows]
