"""Consents by HTTP: what a person agrees to, and takes back."""

from datetime import date
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, ValidationError
from starlette.requests import Request

from libs.contracts.access import Purpose, Recipient
from libs.privacy import Pseudonymiser
from libs.runtime.clock import utc_now
from libs.runtime.doors import DESK
from libs.runtime.problems import Problem
from services.enrolment.domain.commands import GiveConsent, RevokeConsent
from services.enrolment.domain.state import Person
from services.enrolment.entrypoints.desk import Desk, invalid
from services.enrolment.entrypoints.requests import ActorId, PersonNamed, faults_of

R = TypeVar("R", bound=PersonNamed)


class ConsentRequest(PersonNamed):
    """A consent; `given_at` and `expires_on` (the last day) may be left out."""

    purpose: Purpose
    recipient: Recipient
    given_at: AwareDatetime | None = None
    expires_on: date | None = None
    recorded_by: ActorId


class RevocationRequest(PersonNamed):
    """Take back all consents for the purpose to the recipient."""

    purpose: Purpose
    recipient: Recipient
    revoked_at: AwareDatetime | None = Field(default=None, description="when the person said so; now")
    recorded_by: ActorId


def consents_router(desk: Desk, pseudonymiser: Pseudonymiser) -> APIRouter:
    """`POST /consents` and `POST /consents/revoke`."""
    router = APIRouter(prefix="/consents", tags=["consents"], dependencies=[DESK])

    @router.post("")
    async def give(request: Request) -> dict[str, Any]:
        """Record that a person agrees. The same consent again changes nothing."""
        asked = await _asked(desk, request, ConsentRequest)
        now = utc_now()
        given_at = asked.given_at or now
        _not_to_come("given_at", is_ahead=given_at > now)
        person_id = asked.pseudonym(pseudonymiser)
        done = await desk.do(
            GiveConsent(
                person_id, asked.purpose, asked.recipient, given_at, asked.expires_on, asked.recorded_by
            )
        )
        return _answer(person_id, done.person, asked.purpose, asked.recipient)

    @router.post("/revoke")
    async def revoke(request: Request) -> dict[str, Any]:
        """Record that a person agrees no longer: nobody reads by it from the answer on."""
        asked = await _asked(desk, request, RevocationRequest)
        now = utc_now()
        revoked_at = asked.revoked_at or now
        _not_to_come("revoked_at", is_ahead=revoked_at > now)
        person_id = asked.pseudonym(pseudonymiser)
        done = await desk.do(
            RevokeConsent(person_id, asked.purpose, asked.recipient, revoked_at, asked.recorded_by)
        )
        return _answer(person_id, done.person, asked.purpose, asked.recipient)

    return router


def _answer(person_id: str, person: Person, purpose: str, recipient: str) -> dict[str, Any]:
    consents = [
        {
            "consent_id": consent_id,
            "given_at": one.given_at,
            "expires_on": one.expires_on,
            "revoked_at": one.revoked_at,
        }
        for consent_id, one in person.consents.items()
        if (one.purpose, one.recipient) == (purpose, recipient)
    ]
    return {"person_id": person_id, "purpose": purpose, "recipient": recipient, "consents": consents}


async def _asked(desk: Desk, request: Request, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(await desk.body(request))
    except ValidationError as error:
        raise invalid(faults_of(error)) from None


def _not_to_come(field: str, *, is_ahead: bool) -> None:
    if is_ahead:
        raise Problem(422, "invalid_request", "The request is not valid", f"{field} has not come yet.")
