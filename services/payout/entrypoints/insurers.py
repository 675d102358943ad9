"""Insurers by HTTP: what each bears, its stream, and the statements that staff close and settle."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts import Event
from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.read import read_stream
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from libs.runtime.staff import StaffMember
from services.payout.adapters import insurers
from services.payout.domain.errors import StatementError, StatementUnknown
from services.payout.use_cases.settle_insurers import close_statement, settle_statement

Insurer = Annotated[
    str, InPath(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="the id in the plan files")
]


class Closing(BaseModel):
    """Which plan's statement is closed."""

    model_config = ConfigDict(extra="forbid")

    plan_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")


class Settling(BaseModel):
    """The transfer by which a statement's amount has moved."""

    model_config = ConfigDict(extra="forbid")

    reference: str = Field(pattern=r"^[A-Za-z0-9/_.-]{1,64}$")
    settled_on: date


def insurers_router(
    log: EventLog, who: Callable[[str | None], StaffMember], written: Callable[[], None]
) -> APIRouter:
    """`/insurers…`. `written` is called when a stream has got something to tell."""
    router = APIRouter(prefix="/insurers", tags=["insurers"], dependencies=[STAFF])
    staff = Depends(who)

    @router.get("")
    async def listing() -> list[dict[str, Any]]:
        """What each insurer bears of each plan, and what of it no statement has asked for yet; fen."""
        async with log.pool.acquire() as connection:
            return await insurers.list_insurers(connection)

    @router.get("/{insurer}/stream")
    async def stream(
        insurer: Insurer,
        after: Annotated[int, Query(ge=0, description="the last sequence that is known")] = 0,
        limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
    ) -> list[dict[str, Any]]:
        """The insurer's own stream, as on its topic `huiji.insurer.<id>`, in order."""
        async with log.pool.acquire() as connection:
            events = await read_stream(connection, log.source, f"insurer-{insurer}", after, limit)
        return [
            {
                "type": recorded.type,
                "schema_version": recorded.schema_version,
                "recorded_at": recorded.recorded_at,
                "hash": recorded.hash.hex(),
                "event": orjson.loads(recorded.body),
            }
            for recorded in events
        ]

    @router.get("/{insurer}/statements")
    async def statements(insurer: Insurer) -> list[dict[str, Any]]:
        """The insurer's statements, newest first."""
        async with log.pool.acquire() as connection:
            return await insurers.list_statements(connection, insurer)

    @router.post("/{insurer}/statements")
    async def close(insurer: Insurer, closing: Closing, by: StaffMember = staff) -> dict[str, Any]:
        """Close a statement over what the insurer has borne and released of a plan since its last one."""
        (closed,) = await _answer(close_statement(log, insurer, closing.plan_id, by.id))
        written()
        return closed.model_dump(mode="json")

    @router.post("/{insurer}/statements/{statement_id}/settlement")
    async def settle(
        insurer: Insurer, statement_id: UUID, settling: Settling, by: StaffMember = staff
    ) -> dict[str, Any]:
        """Record that a statement's amount has moved. The same reference again is answered alike."""
        await _answer(
            settle_statement(log, insurer, str(statement_id), settling.reference, settling.settled_on, by.id)
        )
        written()
        async with log.pool.acquire() as connection:
            found = await insurers.list_statements(connection, insurer)
        return next(one for one in found if one["statement_id"] == str(statement_id))

    return router


async def _answer(recorded: Awaitable[Sequence[Event]]) -> Sequence[Event]:
    try:
        return await recorded
    except StatementUnknown as error:
        raise Problem(404, error.code, "No such statement", str(error)) from None
    except StatementError as error:
        raise Problem(409, error.code, "Not recorded", str(error)) from None
    except ConcurrencyConflict as error:
        detail = "The insurer's stream moved on meanwhile. Nothing was recorded; send it again."
        raise Problem(503, error.code, "Busy", detail, headers={"Retry-After": "1"}) from None
