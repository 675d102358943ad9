"""What can be asked of a person's stream."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from services.enrolment.domain.state import Terms
from services.enrolment.domain.status import Evidence

_COVERAGES: Final = UUID("7d1a5f9e-3b64-5c0b-a7de-2f6d1e0b9c58")


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


Command = Activate | Lapse | Erase | CompleteErasure


def coverage_id_of(person_id: str, terms: Terms) -> str:
    """The coverage of a plan and period: derived, so that sending it again cannot make a second one."""
    name = f"{person_id} {terms.plan_id} {terms.covered_from.isoformat()} {terms.covered_to.isoformat()}"
    return str(uuid5(_COVERAGES, name))
