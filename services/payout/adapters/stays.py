"""Claims whose payments an appeal stays."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.payout import PaymentsStayed, StayLifted

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Bring the table up to the events; of several about a claim the last counts."""
    last = {event.claim_id: event for event in events if isinstance(event, PaymentsStayed | StayLifted)}
    stayed = [event for event in last.values() if isinstance(event, PaymentsStayed)]
    lifted = [event.claim_id for event in last.values() if isinstance(event, StayLifted)]
    if stayed:
        await connection.execute(
            "insert into stay (claim_id, appeal_id, stayed_at)"
            " select * from unnest($1::text[], $2::text[], $3::timestamptz[]) on conflict (claim_id) do update"
            " set appeal_id = excluded.appeal_id, stayed_at = excluded.stayed_at",
            [event.claim_id for event in stayed],
            [event.appeal_id for event in stayed],
            [event.stayed_at for event in stayed],
        )
    if lifted:
        await connection.execute("delete from stay where claim_id = any ($1::text[])", lifted)
