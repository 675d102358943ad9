"""A service's streams as they were, by HTTP: folded by the service's own code, read-only, and each look is recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from libs.contracts import ClaimEvent
from libs.contracts.effect import day_of_service
from libs.contracts.registry import ContractError
from libs.eventlog import EventLog, Recorded, States, read
from libs.eventlog.readings import Reading, note_reading, readings_of
from libs.eventlog.travel import Dated, Moment, as_of
from libs.runtime.plain import plain
from libs.runtime.problems import Problem
from libs.runtime.staff import OperatorDesk, StaffMember

S = TypeVar("S")

MOST_STEPS = 500
"""A state after each of more events would be a long answer; `after_version` reads on."""


def _whole(state: S, claim_id: str) -> object:
    del claim_id
    return state


@dataclass(frozen=True)
class Folding(Generic[S]):
    """How a service folds its streams. `of_claim`: the part of a state that is about one claim.

    `kinds`: how the names of the streams begin that `states` folds; what operators did has streams of its own.
    """

    states: States[S]
    of_claim: Callable[[S, str], object] = _whole
    kinds: tuple[str, ...] = ("claim-", "person-")


class View(BaseModel):
    """What is asked for. `day`: days of service as CLAIM_ID:DATE, for streams that do not say them themselves."""

    by: str = Field(min_length=1, max_length=100, description="who looks, unless a staff token says it")
    why: str = Field(default="", max_length=200)
    at: AwareDatetime | None = Field(default=None, description="in effect at this moment")
    known_at: AwareDatetime | None = Field(default=None, description="recorded by this moment")
    at_version: int | None = Field(default=None, ge=0)
    claim_id: str | None = None
    day: list[Annotated[str, Field(pattern=r"^.+:[0-9]{4}-[0-9]{2}-[0-9]{2}$")]] = Field(
        default_factory=list, max_length=500
    )

    def days(self) -> dict[str, date]:
        """Day of service by claim. Raises Problem."""
        try:
            return {
                claim_id: date.fromisoformat(day)
                for claim_id, day in (one.rsplit(":", 1) for one in self.day)
            }
        except ValueError:
            raise Problem(
                422, "invalid_request", "The request is not valid", "day: CLAIM_ID:YYYY-MM-DD"
            ) from None


class StepsView(View):
    """`states`: with the state after each event."""

    after_version: int = Field(default=0, ge=0)
    states: bool = True


def history_router(log: EventLog, folding: Folding[Any], desk: OperatorDesk) -> APIRouter:
    """`/streams/{stream}/state`, `/steps` and `/readings`."""
    router = APIRouter(prefix="/streams", tags=["history"])
    reader = Depends(desk.reader)

    @router.get("/{stream_id}/state")
    async def state(
        stream_id: str,
        request: Request,
        view: Annotated[View, Query()],
        staff: StaffMember | None = reader,
    ) -> dict[str, Any]:
        """The state that the service's own fold makes of what was known and in effect; null: nothing was."""
        events = await _read(log, folding, stream_id, request, view, staff)
        kept = _travelled(events, view)
        after = None
        for after in folding.states.follow(stream_id, [one.recorded for one in kept]):  # noqa: B007
            pass
        return _about(log, stream_id, events, kept) | {"state": _shown(folding, after, view)}

    @router.get("/{stream_id}/steps")
    async def steps(
        stream_id: str,
        request: Request,
        view: Annotated[StepsView, Query()],
        staff: StaffMember | None = reader,
    ) -> dict[str, Any]:
        """Each event with the state after it. Of a claim: the events about it, and others that changed its part."""
        events = await _read(log, folding, stream_id, request, view, staff)
        kept = _travelled(events, view)
        found = _steps(folding, stream_id, kept, view)
        if not view.states:
            found = [{name: value for name, value in step.items() if name != "state"} for step in found]
        left_off = len(found) > MOST_STEPS
        return _about(log, stream_id, events, kept) | {"steps": found[:MOST_STEPS], "left_off": left_off}

    @router.get("/{stream_id}/readings")
    async def readings(
        stream_id: str, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
    ) -> list[dict[str, Any]]:
        """Who has looked at the stream's history, newest first."""
        async with log.pool.acquire() as connection:
            return [plain(one) for one in await readings_of(connection, stream_id, limit)]

    return router


async def _read(
    log: EventLog,
    folding: Folding[Any],
    stream_id: str,
    request: Request,
    view: View,
    staff: StaffMember | None,
) -> list[Recorded]:
    """All events of the stream; who asks is recorded before: as their token proves, else as they say."""
    async with log.pool.acquire() as connection:
        folded = [stream_id] if stream_id.startswith(folding.kinds) else []
        events = await read.read_streams(connection, log.source, folded)
        if not events:
            raise Problem(
                404, "stream_unknown", "No such stream", "Nothing is recorded under this name here."
            )
        what = f"{request.url.path.rsplit('/', 1)[-1]} at={view.at} known_at={view.known_at}"
        who = staff.id if staff is not None else view.by
        reading = Reading(log.clock(), who, stream_id, what, view.why, proven=staff is not None)
        await note_reading(connection, reading)
    return events


def _travelled(events: Sequence[Recorded], view: View) -> list[Dated]:
    upto = [event for event in events if view.at_version is None or event.version <= view.at_version]
    try:
        return as_of(upto, Moment(view.at, view.known_at), view.days())
    except ContractError as error:
        raise Problem(422, error.code, "An event of the stream cannot be read", str(error)) from None


def _about(
    log: EventLog, stream_id: str, events: Sequence[Recorded], kept: Sequence[Dated]
) -> dict[str, Any]:
    return {
        "source": log.source,
        "stream_id": stream_id,
        "recorded_versions": len(events),
        "version": kept[-1].recorded.version if kept else 0,
        "events": len(kept),
        "claim_days": {
            one.event.claim_id: day.isoformat()
            for one in kept
            if isinstance(one.event, ClaimEvent) and (day := day_of_service(one.event)) is not None
        },
    }


def _shown(folding: Folding[Any], state: object, view: View) -> Any:
    if state is None:
        return None
    return plain(folding.of_claim(state, view.claim_id) if view.claim_id else state)


def _steps(
    folding: Folding[Any], stream_id: str, kept: Sequence[Dated], view: StepsView
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: object = None
    states = folding.states.follow(stream_id, [one.recorded for one in kept])
    for one, state in zip(kept, states, strict=True):
        part = folding.of_claim(state, view.claim_id) if view.claim_id else state
        about_it = view.claim_id is None or one.recorded.subject == f"claim-{view.claim_id}"
        if one.recorded.version > view.after_version and (about_it or (part or None) != before):
            found.append(_step(one, part))
        before = part or None
        if len(found) > MOST_STEPS:
            break
    return found


def _step(one: Dated, part: object) -> dict[str, Any]:
    recorded = one.recorded
    return {
        "source": recorded.source,
        "shard": recorded.shard,
        "position": recorded.position,
        "stream_id": recorded.stream_id,
        "version": recorded.version,
        "event_id": str(recorded.event_id),
        "caused_by": str(recorded.caused_by) if recorded.caused_by else None,
        "type": recorded.type,
        "schema_version": recorded.schema_version,
        "subject": recorded.subject,
        "recorded_at": _utc(recorded.recorded_at),
        "known_from": _utc(one.known_from),
        "effective_from": _utc(one.effective_from),
        "event": plain(one.event),
        "state": plain(part),
    }


def _utc(moment: datetime) -> str:
    return moment.isoformat()
