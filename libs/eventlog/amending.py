"""Amendments as a consumer hears them: a parked event gets another body, or is void, and its subject is due again.

An amendment is an event of the source's own log, in the shard of the event and after it. So whoever processes the log,
now or in a replay, first meets the event, parks it when it cannot be processed, and then meets the amendment: the same
history leads to the same state. Who could process the event ignores the amendment.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from libs.contracts.operations import EventAnnulled, EventPatched
from libs.eventlog.event import Recorded

if TYPE_CHECKING:
    from datetime import datetime

    from libs.eventlog.database import Connection

AMENDING = frozenset({EventPatched.__name__, EventAnnulled.__name__})

_PATCH = """
update parked set substitute = $4, substitute_version = $5, amended_by = $6
where source = $1 and shard = $2 and position = $3 and status = 'parked'
returning subject
"""
_ANNUL = """
update parked set status = 'annulled', amended_by = $4, resolved_by = $5, resolution = 'annulled', resolved_at = $6
where source = $1 and shard = $2 and position = $3 and status = 'parked'
returning subject
"""


async def amend(connection: "Connection", recorded: Recorded, now: "datetime") -> bool:
    """Apply an amendment to what is parked of it here; answers whether something was, and is due now."""
    event = recorded.decode()
    assert isinstance(event, EventPatched | EventAnnulled), f"{recorded.type} amends nothing"
    # Only the log that has an event can amend it: the place counts within the amendment's own source and shard.
    place = (recorded.source, recorded.shard, event.position)
    if isinstance(event, EventPatched):
        body = orjson.dumps(event.patched)
        subject = await connection.fetchval(_PATCH, *place, body, event.patched_version, recorded.event_id)
    else:
        subject = await connection.fetchval(_ANNUL, *place, recorded.event_id, event.annulled_by, now)
    if subject is None:
        return False
    await connection.execute("update parked set due = true where subject = $1 and status = 'parked'", subject)
    return True


async def due_subjects(connection: "Connection") -> dict[str, UUID | None]:
    """Subjects that were amended and not tried since, the longest parked first, with the newest amendment."""
    rows = await connection.fetch(
        "select subject, (array_agg(amended_by order by id) filter (where amended_by is not null))[1] as amended_by"
        " from parked where status = 'parked' and due group by subject order by min(id)"
    )
    return {row["subject"]: row["amended_by"] for row in rows}


async def not_due(connection: "Connection", subject: str) -> None:
    """The subject was tried; what is still parked of it waits for a person again."""
    await connection.execute(
        "update parked set due = false where subject = $1 and status = 'parked' and due", subject
    )
