"""The clocks of open claims, planned stays and appeals: a table that follows the log in the same transaction, so no
clock is ever lost."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    ClaimPended,
    ClaimWithdrawalNoted,
    DecisionConfirmed,
)
from libs.contracts.preauthorisation import (
    PreauthorisationRequested,
    ReservationExpired,
    ReservationReleased,
)
from libs.contracts.rulings import AppealConcluded, AppealOpened, AppealOverdue
from services.adjudication.domain.commands import ClockOf

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


class ClockKey(NamedTuple):
    """Whose clock it is: a claim's own, a planned stay's (`claim_id` is its id), or that of a claim's open appeal."""

    claim_id: str
    what: ClockOf


class Deadline(msgspec.Struct, frozen=True):
    """A clock, and the trace in which it was set."""

    claim_id: str
    person_id: str
    due_at: datetime
    traceparent: str | None
    what: ClockOf = "claim"


async def follow(connection: "Connection", decided: Iterable[tuple[Sequence[Event], str | None]]) -> None:
    """Set and clear clocks as the decided events say, in their order; each decision with its traceparent."""
    due: dict[ClockKey, Deadline] = {}
    done: set[ClockKey] = set()
    for events, traceparent in decided:
        for event in events:
            clock = _set_by(event, traceparent)
            if clock is not None:
                due[ClockKey(clock.claim_id, clock.what)] = clock
            ended = _ended_by(event)
            if ended is not None:
                due.pop(ended, None)
                done.add(ended)
    if done:
        await connection.execute(
            "delete from deadline where (claim_id, what) in (select * from unnest($1::text[], $2::text[]))",
            [key.claim_id for key in done],
            [key.what for key in done],
        )
    if due:
        await _set(connection, list(due.values()))


def _set_by(event: Event, traceparent: str | None) -> Deadline | None:
    match event:
        case ClaimOpened(answer_due_at=due_at) | ClaimPended(due_at=due_at):
            return Deadline(event.claim_id, event.person_id, due_at, traceparent)
        case PreauthorisationRequested(preauthorisation_id=stay_id, expires_at=due_at):
            # It runs on while a claim stands in the stay's place, which may be withdrawn again.
            return Deadline(stay_id, event.person_id, due_at, traceparent, "stay")
        case AppealOpened(due_at=due_at):
            return Deadline(event.claim_id, event.person_id, due_at, traceparent, "appeal")
        case _:
            return None


def _ended_by(event: Event) -> ClockKey | None:
    match event:
        case ClaimAdjudicated() | ClaimDenied() | DecisionConfirmed() | ClaimWithdrawalNoted():
            return ClockKey(event.claim_id, "claim")
        case ReservationReleased() | ReservationExpired():
            return ClockKey(event.preauthorisation_id, "stay")
        case AppealOverdue() | AppealConcluded():
            return ClockKey(event.claim_id, "appeal")
        case _:
            return None


async def _set(connection: "Connection", clocks: Sequence[Deadline]) -> None:
    await connection.execute(
        "insert into deadline (claim_id, what, person_id, due_at, ring_at, traceparent)"
        " select claim_id, what, person_id, due_at, due_at, traceparent"
        " from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])"
        " as new (claim_id, what, person_id, due_at, traceparent)"
        " on conflict (claim_id, what) do update set due_at = excluded.due_at, ring_at = excluded.ring_at,"
        " failures = 0, failure = null",
        [clock.claim_id for clock in clocks],
        [clock.what for clock in clocks],
        [clock.person_id for clock in clocks],
        [clock.due_at for clock in clocks],
        [clock.traceparent for clock in clocks],
    )


async def passed(connection: "Connection", now: datetime, limit: int) -> list[Deadline]:
    """Clocks that have rung, the first first."""
    rows = await connection.fetch(
        "select claim_id, person_id, due_at, traceparent, what from deadline where ring_at <= $1"
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
        "delete from deadline where (claim_id, what) in ("
        " select claim_id, what from deadline"
        " join unnest($1::text[], $2::text[], $3::timestamptz[]) as rung (claim_id, what, due_at)"
        " using (claim_id, what, due_at) where due_at <= $4 for update of deadline skip locked)"
        " returning claim_id, what",
        [deadline.claim_id for deadline in rung],
        [deadline.what for deadline in rung],
        [deadline.due_at for deadline in rung],
        now,
    )
    taken = {(row["claim_id"], row["what"]) for row in rows}
    return [deadline for deadline in rung if (deadline.claim_id, deadline.what) in taken]


async def postpone(connection: "Connection", deadline: Deadline, until: datetime, failure: str) -> None:
    """A clock that could not be heard rings again later; `failure` is a machine code for the operator."""
    await connection.execute(
        "update deadline set ring_at = $3, failures = failures + 1, failure = $4"
        " where claim_id = $1 and due_at = $2 and what = $5",
        deadline.claim_id,
        deadline.due_at,
        until,
        failure,
        deadline.what,
    )


async def failing(connection: "Connection", limit: int) -> list[dict[str, object]]:
    """Clocks that could not be heard, the most often tried first."""
    rows = await connection.fetch(
        "select claim_id, what, due_at, ring_at, failures, failure from deadline where failures > 0"
        " order by failures desc, claim_id limit $1",
        limit,
    )
    return [dict(row) for row in rows]


async def open_stays(connection: "Connection", limit: int) -> list[tuple[str, str]]:
    """Planned stays whose time is not over: (person id, preauthorisation id), the first to expire first."""
    rows = await connection.fetch(
        "select person_id, claim_id from deadline where what = 'stay' order by due_at, claim_id limit $1",
        limit,
    )
    return [(row["person_id"], row["claim_id"]) for row in rows]
