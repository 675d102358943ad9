"""Answers to differences from what the insurance centre settled, by HTTP."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from libs.contracts.one_stop import AnswerReason
from libs.runtime.doors import STAFF
from libs.runtime.staff import StaffMember
from services.adjudication.domain.commands import AnswerDifference
from services.adjudication.entrypoints.claim_desk import CLAIM_PATH, ClaimDesk, PersonInPath


class AnswerBody(BaseModel):
    """What the member of staff says; a reason by code, never in words about somebody."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["accepted", "disputed"]
    reason: AnswerReason


def one_stop_router(desk: ClaimDesk) -> APIRouter:
    """`/people/{person_id}/claims/{claim_id}/one-stop-differences/{difference_id}/answer`."""
    router = APIRouter(tags=["one-stop"], dependencies=[STAFF])
    who = Depends(desk.who)

    @router.post(CLAIM_PATH + "/one-stop-differences/{difference_id}/answer")
    async def answer(
        person_id: PersonInPath,
        claim_id: str,
        difference_id: UUID,
        body: AnswerBody,
        staff: StaffMember = who,
    ) -> dict[str, Any]:
        """Accept the difference, or dispute it with the centre. 404 for one that has ended; no amount moves."""
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: AnswerDifference(
                claim_id, str(difference_id), body.outcome, body.reason, staff.id, now, desk.clocks
            ),
        )

    return router
