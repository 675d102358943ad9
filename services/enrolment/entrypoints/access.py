"""The access policy by HTTP: adopting an edition, and what decides who may see a person's claims."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.access import PolicyUnusable, rules_of
from libs.contracts.event import PersonId
from libs.runtime.doors import INSIDE
from libs.runtime.problems import Problem
from libs.runtime.staff import Staff, StaffMember, staff_desk
from services.enrolment.use_cases.access_records import AccessRecords
from services.enrolment.use_cases.adopt_policy import AdoptPolicy

MOST_PEOPLE = 1_000
"""As many as a page of a read model has rows."""


class AdoptRequest(BaseModel):
    """An edition; `policy` is what the YAML file says. It may be in effect from a day that has passed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effective_from: date
    policy: dict[str, Any]


class RecordsRequest(BaseModel):
    """Of whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_ids: Annotated[list[PersonId], Field(max_length=MOST_PEOPLE)] = []


def access_router(adopting: AdoptPolicy, records: AccessRecords, staff: Staff | None) -> APIRouter:
    """`POST /access/policies` and `POST /access/records`."""
    router = APIRouter(prefix="/access", tags=["access"], dependencies=[INSIDE])
    approver = Depends(staff_desk(staff, "approver"))

    @router.post("/policies", status_code=201)
    async def adopt(asked: AdoptRequest, response: Response, by: StaffMember = approver) -> dict[str, Any]:
        """Adopt an edition (201); 200 when the newest one says the same."""
        try:
            title, rules = rules_of(asked.policy)
        except PolicyUnusable as error:
            faults = [{"pointer": "/policy", "code": error.code, "sentence": one} for one in error.faults]
            raise Problem(
                422, error.code, "The policy cannot be adopted", str(error), errors=faults
            ) from None
        edition, is_new = await adopting.adopt(title, rules, asked.effective_from, by.id)
        response.status_code = 201 if is_new else 200
        return edition.model_dump(mode="json")

    @router.post("/records")
    async def of(asked: RecordsRequest) -> dict[str, Any]:
        """All editions of the policy and the consents of these people: who may see what is computed from them."""
        return await records.of(list(dict.fromkeys(asked.person_ids)))

    return router
