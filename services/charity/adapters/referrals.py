"""The referrals as a table that follows the log in the same transaction."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from libs.contracts import Event
from libs.contracts.charity import ReferralMade

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Write the referrals among the events, in one statement."""
    made = [event for event in events if isinstance(event, ReferralMade)]
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
    connection: "Connection", programme_id: str | None, limit: int, after: int
) -> list[dict[str, Any]]:
    """Referrals in the order they were made, after a number."""
    rows = await connection.fetch(
        "select * from referral where number > $1 and ($2::text is null or programme_id = $2)"
        " order by number limit $3",
        after,
        programme_id,
        limit,
    )
    return [dict(row) for row in rows]
