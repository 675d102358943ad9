"""People by HTTP: what is recorded about one, masked; and forgetting one."""

from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request

from libs.privacy import Pseudonymiser
from libs.runtime.clock import utc_now
from libs.runtime.doors import DESK
from libs.runtime.problems import Problem
from services.enrolment.domain.commands import Erase
from services.enrolment.entrypoints.desk import Desk, invalid
from services.enrolment.entrypoints.requests import EraseRequest, faults_of
from services.enrolment.use_cases.show_person import ShowPerson


def people_router(desk: Desk, pseudonymiser: Pseudonymiser, show: ShowPerson) -> APIRouter:
    """`GET /people/{person_id}` and `POST /people/erase`."""
    router = APIRouter(prefix="/people", tags=["people"], dependencies=[DESK])

    @router.get("/{person_id}")
    async def person(person_id: str) -> dict[str, Any]:
        """Coverages, how far an erasure is, and the identity behind masks."""
        shown = await show.show(person_id)
        if shown is None:
            raise Problem(404, "person_unknown", "No such person", "Nothing is recorded under this id.")
        return shown

    @router.post("/erase", status_code=202)
    async def erase(request: Request) -> dict[str, str]:
        """Forget a person: recorded now, and the key is destroyed right after, whatever crashes in between."""
        try:
            asked = EraseRequest.model_validate_json(await desk.body(request))
        except ValidationError as error:
            raise invalid(faults_of(error)) from None
        person_id = asked.pseudonym(pseudonymiser)
        done = await desk.do(Erase(person_id, asked.requested_by, utc_now()))
        return {
            "person_id": person_id,
            "erasure": done.person.erasure,
            "status_url": f"/people/{person_id}",
        }

    return router
