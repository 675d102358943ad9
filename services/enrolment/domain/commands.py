"""What can be asked of a person's stream."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from services.enrolment.domain.state import Terms
from services.enrolment.domain.status import Evidence

_COVERAGES: Final = UUID("7d1a5f9e-3b64-5c0b-a7de-2f6d1e0b9c58")
_CONSENTS: Final = UUID("c2b7e0d4-51f8-5a39-9e06-83d1fa6c0b75")


@dataclass(frozen=True, slots=True)
class Activate:
    """Cover a person. `identity` is sealed, `identity_digest` is made with the same key."""

    person_id: str
    terms: Terms
    identity: str
    identity_digest: str
    enrolled_at: datetime
    evidence: Evidence | None = None
    """From which the plan's rule determines the status; without it the terms state it."""

    @property
    def coverage_id(self) -> str:
        return coverage_id_of(self.person_id, self.terms)


@dataclass(frozen=True, slots=True)
class Lapse:
    """End a coverage before its last day; `lapsed_on` is the last day covered."""

    person_id: str
    coverage_id: str
    lapsed_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Forget the person."""

    person_id: str
    requested_by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class CompleteErasure:
    """The person's key is destroyed."""

    person_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """Agree that a recipient sees, for a purpose, what the policy grants by consent only; `expires_on`: last day."""

    person_id: str
    purpose: str
    recipient: str
    given_at: datetime
    expires_on: date | None
    recorded_by: str


@dataclass(frozen=True, slots=True)
class RevokeConsent:
    """Take a consent back."""

    person_id: str
    purpose: str
    recipient: str
    revoked_at: datetime
    recorded_by: str


Command = Activate | Lapse | Erase | CompleteErasure | GiveConsent | RevokeConsent


def coverage_id_of(person_id: str, terms: Terms) -> str:
    """The coverage of a plan and period: derived, so that sending it again cannot make a second one."""
    name = f"{person_id} {terms.plan_id} {terms.covered_from.isoformat()} {terms.covered_to.isoformat()}"
    return str(uuid5(_COVERAGES, name))


def consent_id_of(person_id: str, purpose: str, recipient: str, number: int) -> str:
    """The person's `number`th consent of all: derived, so that recording it again cannot make a second one."""
    return str(uuid5(_CONSENTS, f"{person_id} {purpose} {recipient} {number}"))
