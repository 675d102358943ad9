"""Appeals by HTTP: a standing decision is disputed, and answered with or without a ruling."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.rulings import Evidence
from libs.runtime.doors import STAFF
from libs.runtime.staff import StaffMember
from services.adjudication.domain.commands import ConcludeAppeal, OpenAppeal
from services.adjudication.entrypoints.claim_desk import CLAIM_PATH, ClaimDesk, PersonInPath
from services.adjudication.entrypoints.rulings import MOST_DOCUMENTS


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AppealBody(_Body):
    """Who disputes the standing decision, on which grounds, with which documents."""

    by: Literal["patient", "hospital", "insurer"]
    grounds: Literal["facts", "terms", "amount", "fraud_finding", "overpaid"]
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=MOST_DOCUMENTS)
    stays_payment: bool = False


class ConclusionBody(_Body):
    """The answer to an appeal; upheld only after a ruling that names it was approved."""

    outcome: Literal["upheld", "rejected", "withdrawn"]


def appeals_router(desk: ClaimDesk) -> APIRouter:
    """`/people/{person_id}/claims/{claim_id}/appeals/…`."""
    router = APIRouter(tags=["appeals"], dependencies=[STAFF])
    who = Depends(desk.who)

    @router.put(CLAIM_PATH + "/appeals/{appeal_id}")
    async def appeal(
        person_id: PersonInPath, claim_id: str, appeal_id: UUID, body: AppealBody, staff: StaffMember = who
    ) -> dict[str, Any]:
        """Record an appeal that somebody has made. Its clock is the level's."""
        del staff  # Whoever records it is known; who appeals is in the body.
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: OpenAppeal(
                claim_id,
                str(appeal_id),
                body.by,
                body.grounds,
                body.evidence,
                body.stays_payment,
                desk.authority,
                now,
                desk.clocks,
            ),
        )

    @router.post(CLAIM_PATH + "/appeals/{appeal_id}/conclusion")
    async def conclude(
        person_id: PersonInPath,
        claim_id: str,
        appeal_id: UUID,
        body: ConclusionBody,
        staff: StaffMember = who,
    ) -> dict[str, Any]:
        """Answer an appeal."""
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: ConcludeAppeal(claim_id, str(appeal_id), body.outcome, staff.id, now, desk.clocks),
        )

    return router
