"""Money that came back by HTTP: what it is, and paying it again with two members of staff."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Stage
from libs.privacy import Sealer
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from libs.runtime.staff import OperatorDesk, StaffMember
from services.payout.domain.account import Account
from services.payout.domain.commands import Command
from services.payout.domain.errors import PayAgainError, PaymentUnknown, ProposerApproves
from services.payout.use_cases.pay_again import approve, propose

PaymentId = Annotated[str, InPath(pattern=r"^[0-9a-f-]{36}$")]


class CorrectedAccount(BaseModel):
    """Where to pay to; the name stays the one that enrolment knows."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(pattern=r"^[0-9A-Za-z-]{1,34}$")
    account_bank: str = Field(min_length=1, max_length=140)


def pay_again_router(
    log: EventLog,
    stage: Stage[Account, Command],
    sealer: Sealer,
    desk: OperatorDesk,
    payments_due: Callable[[], None],
) -> APIRouter:
    """`/payments/{payment_id}/pay-again` and `…/approval`. `payments_due` is called when there is one to send."""
    router = APIRouter(prefix="/payments/{payment_id}/pay-again", tags=["payments"], dependencies=[STAFF])
    operator, approver = Depends(desk.operator), Depends(desk.approver)

    @router.post("")
    async def pay_again(
        payment_id: PaymentId, corrected: CorrectedAccount, staff: StaffMember = operator
    ) -> dict[str, Any]:
        """Propose to pay what is owed of a payment that came back to this account; a later proposal replaces it."""
        account, bank = corrected.account, corrected.account_bank
        return await _answer(propose(log, stage, sealer, payment_id, account, bank, staff.id))

    @router.post("/approval")
    async def agree(payment_id: PaymentId, staff: StaffMember = approver) -> dict[str, Any]:
        """Agree to the newest proposal, as another person: the new payment is instructed, once whatever is asked."""
        done = await _answer(approve(log, stage, payment_id, staff.id))
        payments_due()
        return done

    return router


async def _answer(recorded: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await recorded
    except PayAgainError as error:
        status = {PaymentUnknown: 404, ProposerApproves: 403}.get(type(error), 409)
        raise Problem(status, error.code, "Not recorded", str(error)) from None
    except ConcurrencyConflict as error:
        detail = "Other events about the person kept arriving. Nothing was recorded; send it again."
        raise Problem(503, error.code, "Busy", detail, headers={"Retry-After": "1"}) from None
