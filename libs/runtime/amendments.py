"""Amend events of this service's own log, for those who cannot process them: by a patch that two people agree on, or
by annulment. Nothing is edited or deleted: an amendment is an event of its own, with who and why.
"""

import hashlib
from collections.abc import Sequence
from itertools import count
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Body, Depends, Path
from pydantic import JsonValue

from libs import contracts
from libs.contracts.operations import Amendment, EventAnnulled, EventPatched, PatchProposed, amendments_of
from libs.contracts.registry import ContractError
from libs.eventlog import Append, EventLog, Recorded, UnitOfWork, read, shard_of
from libs.eventlog.envelope import to_json
from libs.runtime.problems import Problem
from libs.runtime.staff import OperatorDesk, StaffMember

Shard = Annotated[int, Path(ge=0)]
Position = Annotated[int, Path(ge=1)]
Reason = Annotated[str, Body(embed=True, min_length=1, max_length=2_000)]


def amendments_router(log: EventLog, desk: OperatorDesk) -> APIRouter:
    """`/amendments`: proposals; `/amendments/of/{subject}`: what amended its events.

    `/amendments/{shard}/{position}`: show, propose a patch, approve it, annul.
    """
    whole = APIRouter(prefix="/amendments", tags=["amendments"])
    _add_proposed(whole, log)
    _add_of_subject(whole, log)
    router = APIRouter(prefix="/{shard}/{position}")
    _add_show(router, log)
    _add_patch(router, log, desk)
    _add_annulment(router, log, desk)
    whole.include_router(router)
    return whole


def _add_proposed(router: APIRouter, log: EventLog) -> None:
    @router.get("")
    async def proposed() -> list[dict[str, Any]]:
        """Patches that wait for a second person, the oldest first: of each event's the newest proposal."""
        async with log.pool.acquire() as connection:
            rows = await connection.fetch("select distinct event_id from amendment_reason")
            made = await read.read_streams(
                connection, log.source, [_stream_of(row["event_id"]) for row in rows]
            )
        newest = {one.stream_id: one for one in made}
        waiting = [(one, one.decode()) for one in newest.values()]
        return [
            {
                "proposal": one.version,
                "event_id": patch.event_id,
                "shard": patch.shard,
                "position": patch.position,
                "event_type": patch.event_type,
                "about": patch.about,
                "proposed_by": patch.proposed_by,
                "proposed_at": patch.proposed_at,
            }
            for one, patch in sorted(waiting, key=lambda pair: pair[0].recorded_at)
            if isinstance(patch, PatchProposed)
        ]


def _add_of_subject(router: APIRouter, log: EventLog) -> None:
    @router.get("/of/{subject}")
    async def of_subject(subject: str) -> list[dict[str, Any]]:
        """What was proposed and decided about a subject's events, as recorded, without bodies; `amends`: a position."""
        async with log.pool.acquire() as connection:
            # All that was ever amended here are few: an event that somebody could not process is rare.
            rows = await connection.fetch("select distinct event_id from amendment_reason")
            made = await read.read_streams(
                connection, log.source, [_stream_of(row["event_id"]) for row in rows]
            )
        pairs = sorted(((one, one.decode()) for one in made), key=lambda pair: pair[0].recorded_at)
        return [
            {
                "recorded_at": one.recorded_at,
                "source": one.source,
                "shard": one.shard,
                "position": one.position,
                "type": one.type,
                "amends": about.position,
                "event_type": about.event_type,
                "by": _decided_by(about),
            }
            for one, about in pairs
            if isinstance(about, Amendment) and about.about == subject
        ]


def _decided_by(amendment: Amendment) -> str:
    match amendment:
        case EventAnnulled():
            return amendment.annulled_by
        case EventPatched():
            return amendment.approved_by
        case PatchProposed():
            return amendment.proposed_by
        case _:
            raise AssertionError(f"{type(amendment).__name__} is no amendment")


def _add_show(router: APIRouter, log: EventLog) -> None:
    @router.get("")
    async def show(shard: Shard, position: Position) -> dict[str, Any]:
        """The event and what was proposed, approved or annulled about it, with the reasons as stated."""
        async with log.pool.acquire() as connection:
            event = await _event(log, connection, shard, position)
            made = await read.read_streams(connection, log.source, [_stream_of(event.event_id)])
            rows = await connection.fetch(
                "select version, why from amendment_reason where event_id = $1", event.event_id
            )
        why = {row["version"]: row["why"] for row in rows}
        amendments = [
            {"type": one.type, "number": one.version, **orjson.loads(one.body), "why": why.get(one.version)}
            for one in made
        ]
        return {"event": orjson.loads(to_json(event)), "amendments": amendments}


def _add_patch(router: APIRouter, log: EventLog, desk: OperatorDesk) -> None:
    operator, approver = Depends(desk.operator), Depends(desk.approver)

    @router.post("/propose")
    async def propose(
        shard: Shard,
        position: Position,
        why: Reason,
        patched: Annotated[dict[str, JsonValue], Body()],
        staff: StaffMember = operator,
    ) -> dict[str, Any]:
        """Propose the whole body that the event should be read with; another person approves it."""
        async with log.transaction() as work:
            event, made = await _amendable(log, work, shard, position)
            readable = _readable(event, patched)
            proposed = PatchProposed(
                **_about(log, event, why),
                patched=orjson.loads(contracts.encode(readable)),
                patched_version=readable.schema_version,
                proposed_by=staff.id,
                proposed_at=work.now,
            )
            await _append(work, event, made, proposed, staff.id, why)
        return {"proposed": 1, "proposal": len(made) + 1, "event_id": str(event.event_id), "by": staff.id}

    @router.post("/approve")
    async def approve(
        shard: Shard,
        position: Position,
        why: Reason,
        proposal: Annotated[int, Body(embed=True, ge=1)],
        staff: StaffMember = approver,
    ) -> dict[str, Any]:
        """Approve the newest proposal: from now on who could not process the event reads it so.

        `proposal` is its number, as `propose` and `show` tell it: what was looked at is what is approved.
        """
        async with log.transaction() as work:
            event, made = await _amendable(log, work, shard, position)
            newest = made[-1].decode() if made else None
            if not isinstance(newest, PatchProposed):
                raise Problem(409, "nothing_proposed", "Nothing is proposed", "Propose a patch first.")
            if proposal != len(made):
                detail = f"Proposal {len(made)} is the newest, not {proposal}: look at it first."
                raise Problem(409, "proposal_superseded", "Another body is proposed by now", detail)
            if newest.proposed_by == staff.id:
                detail = "A patch needs two people: who proposed it cannot approve it."
                raise Problem(403, "same_person", "Another person has to approve", detail)
            patched = EventPatched(
                **_about(log, event, why),
                patched=newest.patched,
                patched_version=newest.patched_version,
                proposed_by=newest.proposed_by,
                approved_by=staff.id,
                approved_at=work.now,
            )
            await _append(work, event, made, patched, staff.id, why)
        return {"approved": 1, "event_id": str(event.event_id), "by": staff.id}


def _add_annulment(router: APIRouter, log: EventLog, desk: OperatorDesk) -> None:
    approver = Depends(desk.approver)

    @router.post("/annul")
    async def annul(
        shard: Shard, position: Position, why: Reason, staff: StaffMember = approver
    ) -> dict[str, Any]:
        """Declare the event void for all who could not process it. What others made of it stands."""
        async with log.transaction() as work:
            event, made = await _amendable(log, work, shard, position)
            annulled = EventAnnulled(**_about(log, event, why), annulled_by=staff.id, annulled_at=work.now)
            await _append(work, event, made, annulled, staff.id, why)
        return {"annulled": 1, "event_id": str(event.event_id), "by": staff.id}


async def _event(log: EventLog, connection: Any, shard: int, position: int) -> Recorded:
    found = await read.read_shard(connection, log.source, shard, position - 1, 1)
    if not found or found[0].position != position:
        raise Problem(404, "event_unknown", "No such event", "This log has no event at that place.")
    return found[0]


async def _amendable(
    log: EventLog, work: UnitOfWork, shard: int, position: int
) -> tuple[Recorded, list[Recorded]]:
    """The event and its amendments so far. What is annulled or patched stays so: consumers have acted on it."""
    event = await _event(log, work.connection, shard, position)
    if event.type in _AMENDMENTS:
        raise Problem(409, "not_amendable", "Amendments are not amended", "Amend the event that it is about.")
    made = await read.read_streams(work.connection, log.source, [_stream_of(event.event_id)])
    if made and made[-1].type != PatchProposed.__name__:
        raise Problem(409, "already_amended", "The event is amended already", f"It has an {made[-1].type}.")
    return event, made


_AMENDMENTS = {kind.__name__ for kind in (PatchProposed, EventPatched, EventAnnulled)}


def _readable(event: Recorded, patched: dict[str, JsonValue]) -> contracts.Event:
    """The patched body as its type's newest contract reads it; about the same subject, in the same order."""
    try:
        version = contracts.latest_version(event.type)
        readable = contracts.decode(event.type, version, orjson.dumps(patched))
    except ContractError as error:
        raise Problem(422, error.code, "The patched body cannot be read", str(error)) from None
    if readable.subject() != event.subject:
        detail = f"The event is about {event.subject}, the patch about {readable.subject()}."
        raise Problem(422, "subject_differs", "A patch cannot make it about something else", detail)
    return readable


def _about(log: EventLog, event: Recorded, why: str) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id),
        "shard": event.shard,
        "position": event.position,
        "event_type": event.type,
        "about": event.subject,
        "event_hash": event.hash.hex(),
        "ordered_by": _key_of_shard(event.shard, log.shards),
        "why_digest": hashlib.sha256(why.encode()).hexdigest(),
    }


def _key_of_shard(shard: int, shards: int) -> str:
    """A key that belongs to the shard: the event's own may be what cannot be read."""
    return next(key for number in count() if shard_of(key := f"shard-{shard}-{number}", shards) == shard)


def _stream_of(event_id: UUID) -> str:
    """One stream per event: of two people who amend it at once one is told."""
    return amendments_of(event_id)


async def _append(
    work: UnitOfWork, event: Recorded, made: Sequence[Recorded], amendment: Amendment, by: str, why: str
) -> None:
    version = len(made)
    work.append(Append(_stream_of(event.event_id), version, [amendment], cause=event))
    if not isinstance(amendment, PatchProposed):
        work.amended.append(event.stream_id)
    await work.connection.execute(
        "insert into amendment_reason (event_id, version, why, stated_by, stated_at) values ($1, $2, $3, $4, $5)",
        event.event_id,
        version + 1,
        why,
        by,
        work.now,
    )
