"""The clocks of open claims: a table that follows the log in the same transaction, so no clock is ever lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    ClaimPended,
    ClaimWithdrawalNoted,
    DecisionConfirmed,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class Deadline:
    """A claim's clock, and the trace in which it was set."""

    claim_id: str
    person_id: str
    due_at: datetime
    traceparent: str | None


async def follow(connection: "Connection", decided: Iterable[tuple[Sequence[Event], str | None]]) -> None:
    """Set and clear clocks as the decided events say, in their order; each decision with its traceparent."""
    due: dict[str, Deadline] = {}
    done: set[str] = set()
    for events, traceparent in decided:
        for event in events:
            match event:
                case ClaimOpened(answer_due_at=due_at) | ClaimPended(due_at=due_at):
                    due[event.claim_id] = Deadline(event.claim_id, event.person_id, due_at, traceparent)
                case ClaimAdjudicated() | ClaimDenied() | DecisionConfirmed() | ClaimWithdrawalNoted():
                    due.pop(event.claim_id, None)
                    done.add(event.claim_id)
                case _:
                    continue
    if done:
        await connection.execute("delete from deadline where claim_id = any ($1::text[])", list(done))
    if due:
        await connection.execute(
            "insert into deadline (claim_id, person_id, due_at, ring_at, traceparent)"
            " select claim_id, person_id, due_at, due_at, traceparent"
            " from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])"
            " as new (claim_id, person_id, due_at, traceparent)"
            " on conflict (claim_id) do update set due_at = excluded.due_at, ring_at = excluded.ring_at,"
            " failures = 0, failure = null",
            [deadline.claim_id for deadline in due.values()],
            [deadline.person_id for deadline in due.values()],
            [deadline.due_at for deadline in due.values()],
            [deadline.traceparent for deadline in due.values()],
        )


async def passed(connection: "Connection", now: datetime, limit: int) -> list[Deadline]:
    """Clocks that have rung, the first first."""
    rows = await connection.fetch(
        "select claim_id, person_id, due_at, traceparent from deadline where ring_at <= $1"
        " order by ring_at, claim_id limit $2",
        now,
        limit,
    )
    return [Deadline(*row) for row in rows]


async def take(connection: "Connection", rung: Sequence[Deadline], now: datetime) -> list[Deadline]:
    """Those of `rung` that still stand and nobody else is hearing, taken off within this transaction.

    One that is not due any more stays: the time may have been set back since it rang, and it has to ring again.
    """
    rows = await connection.fetch(
        "delete from deadline where claim_id in ("
        " select claim_id from deadline join unnest($1::text[], $2::timestamptz[]) as rung (claim_id, due_at)"
        " using (claim_id, due_at) where due_at <= $3 for update of deadline skip locked)"
        " returning claim_id",
        [deadline.claim_id for deadline in rung],
        [deadline.due_at for deadline in rung],
        now,
    )
    taken = {row["claim_id"] for row in rows}
    return [deadline for deadline in rung if deadline.claim_id in taken]


async def postpone(connection: "Connection", deadline: Deadline, until: datetime, failure: str) -> None:
    """A clock that could not be heard rings again later; `failure` is a machine code for the operator."""
    await connection.execute(
        "update deadline set ring_at = $3, failures = failures + 1, failure = $4"
        " where claim_id = $1 and due_at = $2",
        deadline.claim_id,
        deadline.due_at,
        until,
        failure,
    )


async def failing(connection: "Connection", limit: int) -> list[dict[str, object]]:
    """Clocks that could not be heard, the most often tried first."""
    rows = await connection.fetch(
        "select claim_id, due_at, ring_at, failures, failure from deadline where failures > 0"
        " order by failures desc, claim_id limit $1",
        limit,
    )
    return [dict(row) for row in rows]
