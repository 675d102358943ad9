"""Clawbacks by HTTP: what people owe the pool, and what an operator records about it."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Stage
from libs.runtime.doors import OPERATOR, STAFF, Asking, named_truly
from libs.runtime.problems import Problem
from services.payout.adapters import clawbacks
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, WriteOffReason
from services.payout.domain.errors import ClawbackError, ClawbackUnknown
from services.payout.use_cases.collect_clawbacks import record_repayment, write_off

StaffId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", description="a staff id, no name")]


class Repayment(BaseModel):
    """Money that came back. `reference`, of the transfer or receipt, is recorded once per clawback."""

    model_config = ConfigDict(extra="forbid")

    amount_fen: int = Field(gt=0)
    reference: str = Field(pattern=r"^[A-Za-z0-9/_.-]{1,64}$")
    repaid_on: date
    recorded_by: StaffId


class GivingUp(BaseModel):
    """A person's decision not to collect what is open."""

    model_config = ConfigDict(extra="forbid")

    reason: WriteOffReason
    written_off_by: StaffId


def clawbacks_router(log: EventLog, stage: Stage[Account, Command]) -> APIRouter:
    """`/clawbacks`, `/clawbacks/{clawback_id}`, `…/repayments`, `…/write-off`."""
    router = APIRouter(tags=["clawbacks"], dependencies=[STAFF])

    @router.get("/clawbacks")
    async def listing(
        person_id: str | None = None,
        claim_id: str | None = None,
        *,
        open: bool = True,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> list[dict[str, Any]]:
        """What people owe the pool, the oldest first, by pseudonym; amounts in fen."""
        async with log.pool.acquire() as connection:
            return await clawbacks.list_clawbacks(
                connection, person_id=person_id, claim_id=claim_id, only_open=open, limit=limit
            )

    @router.get("/clawbacks/{clawback_id}")
    async def show(clawback_id: str) -> dict[str, Any]:
        """One clawback."""
        async with log.pool.acquire() as connection:
            found = await clawbacks.find(connection, clawback_id)
        if found is None:
            raise _refusal(ClawbackUnknown(clawback_id))
        return found

    @router.post("/clawbacks/{clawback_id}/repayments")
    async def repay(clawback_id: str, repayment: Repayment, by: Asking = OPERATOR) -> dict[str, Any]:
        """Record a repayment. The same reference and amount again are answered alike; another amount is refused."""
        named_truly(by, repayment.recorded_by)
        return await _answer(
            record_repayment(
                log,
                stage,
                clawback_id,
                repayment.amount_fen,
                repayment.reference,
                repayment.repaid_on,
                repayment.recorded_by,
            )
        )

    @router.post("/clawbacks/{clawback_id}/write-off")
    async def give_up(clawback_id: str, giving_up: GivingUp, by: Asking = OPERATOR) -> dict[str, Any]:
        """Give up what is open. Again is answered alike."""
        named_truly(by, giving_up.written_off_by)
        return await _answer(write_off(log, stage, clawback_id, giving_up.reason, giving_up.written_off_by))

    return router


async def _answer(recorded: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await recorded
    except ClawbackError as error:
        raise _refusal(error) from None
    except ConcurrencyConflict as error:
        detail = "Other events about the person kept arriving. Nothing was recorded; send it again."
        raise Problem(503, error.code, "Busy", detail, headers={"Retry-After": "1"}) from None


def _refusal(error: ClawbackError) -> Problem:
    if isinstance(error, ClawbackUnknown):
        return Problem(404, error.code, "No such clawback", str(error))
    return Problem(409, error.code, "Not recorded", str(error))
