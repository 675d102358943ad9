"""Appeals whose time is over and which nobody has answered: a table that follows the log in the same transaction."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.rulings import AppealConcluded, AppealOverdue

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def follow(connection: "Connection", decided: Iterable[Sequence[Event]]) -> None:
    """Put on and take off as the decided events say, in their order; nothing is asked of the database for others."""
    for events in decided:
        for event in events:
            match event:
                case AppealOverdue():
                    await connection.execute(
                        "insert into overdue_appeal (claim_id, appeal_id, person_id, level, due_at)"
                        " values ($1, $2, $3, $4, $5) on conflict do nothing",
                        event.claim_id,
                        event.appeal_id,
                        event.person_id,
                        event.level,
                        event.due_at,
                    )
                case AppealConcluded():
                    await connection.execute(
                        "delete from overdue_appeal where claim_id = $1 and appeal_id = $2",
                        event.claim_id,
                        event.appeal_id,
                    )
                case _:
                    continue


async def overdue(connection: "Connection", limit: int) -> list[dict[str, object]]:
    """The list, the longest overdue first."""
    rows = await connection.fetch(
        "select person_id, claim_id, appeal_id, level, due_at from overdue_appeal"
        " order by due_at, claim_id limit $1",
        limit,
    )
    return [dict(row) for row in rows]
