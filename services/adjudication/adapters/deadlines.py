"""The clocks of open claims: a table that follows the log in the same transaction, so no clock is ever lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimOpened, ClaimPended

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class Deadline:
    """A claim's clock."""

    claim_id: str
    person_id: str
    due_at: datetime


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Set and clear clocks as the events say; the last event of a claim counts."""
    due: dict[str, Deadline] = {}
    done: set[str] = set()
    for event in events:
        match event:
            case ClaimOpened():
                due[event.claim_id] = Deadline(event.claim_id, event.person_id, event.answer_due_at)
            case ClaimPended():
                due[event.claim_id] = Deadline(event.claim_id, event.person_id, event.due_at)
            case ClaimAdjudicated() | ClaimDenied():
                due.pop(event.claim_id, None)
                done.add(event.claim_id)
            case _:
                continue
    if done:
        await connection.execute("delete from deadline where claim_id = any ($1::text[])", list(done))
    if due:
        await connection.execute(
            "insert into deadline (claim_id, person_id, due_at)"
            " select * from unnest($1::text[], $2::text[], $3::timestamptz[])"
            " on conflict (claim_id) do update set due_at = excluded.due_at",
            [deadline.claim_id for deadline in due.values()],
            [deadline.person_id for deadline in due.values()],
            [deadline.due_at for deadline in due.values()],
        )


async def take_passed(connection: "Connection", now: datetime, limit: int) -> list[Deadline]:
    """Clocks that have rung, locked for this transaction; other processes see others."""
    rows = await connection.fetch(
        "select claim_id, person_id, due_at from deadline where due_at <= $1 order by due_at limit $2"
        " for update skip locked",
        now,
        limit,
    )
    return [Deadline(row["claim_id"], row["person_id"], row["due_at"]) for row in rows]


async def forget(connection: "Connection", deadlines: Iterable[Deadline]) -> None:
    """Drop clocks that were heard, unless they have been set anew since."""
    heard = list(deadlines)
    await connection.execute(
        "delete from deadline using unnest($1::text[], $2::timestamptz[]) as heard (claim_id, due_at)"
        " where deadline.claim_id = heard.claim_id and deadline.due_at = heard.due_at",
        [deadline.claim_id for deadline in heard],
        [deadline.due_at for deadline in heard],
    )
