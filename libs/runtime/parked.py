"""Parked events by HTTP: list, show, retry, discard. Who acts shows a staff token, and says why."""

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Depends, Query

from libs.contracts.operations import ParkedDiscarded
from libs.eventlog import Append, Consumer, EventLog, is_operational, parking
from libs.eventlog.envelope import to_json
from libs.eventlog.parking import Parked
from libs.runtime.problems import Problem
from libs.runtime.staff import OperatorDesk, StaffMember

MOST_RETRIED = 100
"""Subjects that one request retries: it answers within seconds."""


def parked_router(log: EventLog, consumer: Consumer, desk: OperatorDesk) -> APIRouter:
    """`/parked`: the events this service could not process, and those that wait behind them."""
    router = APIRouter(prefix="/parked", tags=["parked"])
    _add_lists(router, log)
    _add_retry_of_many(router, consumer, desk)
    _add_show(router, log)
    _add_subject(router, log, consumer, desk)
    return router


def _add_lists(router: APIRouter, log: EventLog) -> None:
    @router.get("")
    async def listing(
        reason: str | None = None, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
    ) -> list[dict[str, Any]]:
        """Parked events, oldest first."""
        async with log.pool.acquire() as connection:
            return [_row(item) for item in await parking.list_parked(connection, reason=reason, limit=limit)]

    @router.get("/reasons")
    async def reasons() -> list[dict[str, Any]]:
        """What is parked by reason: how much, of how many subjects, and how old the oldest is."""
        now = log.clock()
        async with log.pool.acquire() as connection:
            found = await parking.parked_by_reason(connection)
        return [
            {
                "reason": one.reason,
                "events": one.events,
                "subjects": one.subjects,
                "oldest_parked_at": one.oldest_parked_at.isoformat(),
                "oldest_seconds": int((now - one.oldest_parked_at).total_seconds()),
            }
            for one in found
        ]


def _add_retry_of_many(router: APIRouter, consumer: Consumer, desk: OperatorDesk) -> None:
    operator = Depends(desk.operator)

    @router.post("/retry")
    async def retry_many(
        reason: Annotated[str | None, Body()] = None,
        after: Annotated[int, Body(ge=0)] = 0,
        limit: Annotated[int, Body(ge=1, le=MOST_RETRIED)] = MOST_RETRIED,
        staff: StaffMember = operator,
    ) -> dict[str, int | None]:
        """Process many subjects' parked events again, the oldest first; `next_after` goes on."""
        try:
            return asdict(await consumer.retry_many(staff.id, reason=reason, after=after, limit=limit))
        except Exception as error:
            if not is_operational(error):
                raise
            raise _interrupted() from error


def _add_show(router: APIRouter, log: EventLog) -> None:
    @router.get("/{subject}")
    async def show(subject: str) -> list[dict[str, Any]]:
        """A subject's parked events with their content; personal fields are sealed in it."""
        return [_row(item) | {"event": orjson.loads(to_json(item.event))} for item in await _of(log, subject)]


def _add_subject(router: APIRouter, log: EventLog, consumer: Consumer, desk: OperatorDesk) -> None:
    operator = Depends(desk.operator)

    @router.post("/{subject}/retry")
    async def retry(subject: str, staff: StaffMember = operator) -> dict[str, int]:
        """Process a subject's parked events again, in order, until one fails again."""
        await _of(log, subject)
        try:
            retried, parked = await consumer.retry(subject, staff.id)
        except Exception as error:
            if not is_operational(error):
                raise
            raise _interrupted() from error
        return {"retried": retried, "still_parked": parked}

    @router.post("/{subject}/discard")
    async def discard(
        subject: str,
        why: Annotated[str, Body(embed=True, min_length=1)],
        staff: StaffMember = operator,
    ) -> dict[str, int]:
        """Pass the subject's first parked event over for good; what waits behind it can be retried then."""
        first = (await _of(log, subject))[0]
        async with log.transaction() as work:
            if not await parking.resolve(work.connection, [first.id], "discarded", staff.id, why, work.now):
                raise _gone()
            work.append(Append(_stream_of(first), 0, [_discarded(first, staff.id, why, work.now)]))
        return {"discarded": 1}


async def _of(log: EventLog, subject: str) -> list[Parked]:
    async with log.pool.acquire() as connection:
        found = await parking.list_parked(connection, subject=subject)
    if not found:
        raise _gone()
    return found


def _interrupted() -> Problem:
    detail = "Nothing changed for the event that was tried; try again later."
    return Problem(503, "retry_interrupted", "The retry was interrupted", detail)


def _gone() -> Problem:
    return Problem(404, "nothing_parked", "Nothing is parked", "No event of this subject is parked here.")


def _stream_of(item: Parked) -> str:
    """One stream per parking: an event that is parked again after a discard can be discarded again."""
    return f"parked-{item.event.event_id}-{item.attempts}"


def _discarded(item: Parked, by: str, why: str, now: datetime) -> ParkedDiscarded:
    return ParkedDiscarded(
        event_id=str(item.event.event_id),
        source=item.event.source,
        shard=item.event.shard,
        position=item.event.position,
        event_type=item.event.type,
        about=item.event.subject,
        reason=item.reason,
        discarded_by=by,
        why_digest=hashlib.sha256(why.encode()).hexdigest(),
        discarded_at=now,
    )


def _row(item: Parked) -> dict[str, Any]:
    return {
        "subject": item.event.subject,
        "type": item.event.type,
        "source": item.event.source,
        "shard": item.event.shard,
        "position": item.event.position,
        "reason": item.reason,
        "error": item.error,
        "attempts": item.attempts,
        "parked_at": item.parked_at.isoformat(),
        "patched": item.substitute is not None,
    }
