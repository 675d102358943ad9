"""Rulings by HTTP. Whoever rules shows a staff token; ids are the caller's, so asking twice is ruling once."""

import re
from typing import Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, field_validator

from libs.contracts.rulings import Evidence, RuledFacts, RulingReason
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from libs.runtime.staff import StaffMember
from services.adjudication.domain.commands import ApproveRuling, ProposeRuling, RejectRuling
from services.adjudication.entrypoints.claim_desk import CLAIM_PATH, ClaimDesk, PersonInPath

MOST_DOCUMENTS: Final = 50
MOST_TAGS: Final = 20
_TAG: Final = re.compile(r"[a-z0-9_]{1,40}")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RulingBody(_Body):
    """A ruling on facts, a denial, or the lifting of the ruling in force."""

    outcome: Literal["facts", "deny", "lift"]
    facts: RuledFacts = RuledFacts()
    reason_code: RulingReason
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=MOST_DOCUMENTS)
    appeal_id: UUID | None = None

    @field_validator("facts")
    @classmethod
    def _tags_are_words(cls, facts: RuledFacts) -> RuledFacts:
        """Tags go into events for good: words of plans, never sentences about somebody."""
        tags = facts.tags or ()
        if len(tags) > MOST_TAGS or not all(_TAG.fullmatch(tag) for tag in tags):
            raise ValueError(f"at most {MOST_TAGS} tags, each of 1 to 40 of the characters a-z 0-9 _")
        return facts


class RejectionBody(_Body):
    """Why the second person disagrees."""

    reason_code: RulingReason


def rulings_router(desk: ClaimDesk) -> APIRouter:
    """`/authority`, and `/people/{person_id}/claims/{claim_id}` with `/rulings/…`."""
    router = APIRouter(tags=["rulings"], dependencies=[STAFF])
    who = Depends(desk.who)

    @router.get("/authority")
    async def table() -> dict[str, Any]:
        """Who may rule alone, and from which amount a second person has to agree."""
        return desk.authority.model_dump(mode="json")

    @router.get(CLAIM_PATH)
    async def show(person_id: PersonInPath, claim_id: str) -> dict[str, Any]:
        """The claim's standing decision, what it waits for, rulings and appeals."""
        return await desk.show(person_id, claim_id)

    @router.put(CLAIM_PATH + "/rulings/{ruling_id}")
    async def propose(
        person_id: PersonInPath, claim_id: str, ruling_id: UUID, body: RulingBody, staff: StaffMember = who
    ) -> dict[str, Any]:
        """Rule. In force at once within one person's authority; otherwise it waits for a second person."""
        if (body.outcome == "facts") == body.facts.is_empty:
            detail = "State facts exactly when the outcome is 'facts'."
            raise Problem(422, "facts_and_outcome_differ", "The ruling contradicts itself", detail)
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: ProposeRuling(
                claim_id=claim_id,
                ruling_id=str(ruling_id),
                outcome=body.outcome,
                facts=body.facts,
                reason_code=body.reason_code,
                evidence=body.evidence,
                appeal_id=str(body.appeal_id) if body.appeal_id else None,
                by=staff.id,
                tier=staff.tier,
                authority=desk.authority,
                now=now,
                clocks=desk.clocks,
            ),
        )

    @router.post(CLAIM_PATH + "/rulings/{ruling_id}/approval")
    async def approve(
        person_id: PersonInPath, claim_id: str, ruling_id: UUID, staff: StaffMember = who
    ) -> dict[str, Any]:
        """The second person agrees: 403 for the proposer, and for a tier that does not reach so far."""
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: ApproveRuling(
                claim_id, str(ruling_id), staff.id, staff.tier, desk.authority, now, desk.clocks
            ),
        )

    @router.post(CLAIM_PATH + "/rulings/{ruling_id}/rejection")
    async def reject(
        person_id: PersonInPath, claim_id: str, ruling_id: UUID, body: RejectionBody, staff: StaffMember = who
    ) -> dict[str, Any]:
        """The second person disagrees, or the proposer takes the ruling back."""
        return await desk.ask(
            person_id,
            claim_id,
            lambda now: RejectRuling(claim_id, str(ruling_id), staff.id, body.reason_code, now, desk.clocks),
        )

    return router
