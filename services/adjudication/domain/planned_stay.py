"""A stay that a hospital asked about before it: the request, the answer that stands, and what became of it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from libs.contracts.preauthorisation import (
    PreauthorisationAnswer,
    PreauthorisationEvent,
    PreauthorisationGranted,
    PreauthorisationPended,
    PreauthorisationRefused,
    PreauthorisationRequested,
    ReservationConverted,
    ReservationExpired,
    ReservationReleased,
)

Answer = PreauthorisationGranted | PreauthorisationRefused | PreauthorisationPended

PLANNED = "~"
"""Before a planned stay's id in the order of service: of stays on the same days those that were come first."""


@dataclass(frozen=True, slots=True)
class PlannedStay:
    """One request. `ended` is for good; `converted_by` lasts as long as that claim is one and is not withdrawn."""

    request: PreauthorisationRequested
    answer: PreauthorisationAnswer | None = None
    answers: int = 0
    converted_by: str | None = None
    ended: Literal["released", "expired"] | None = None

    @property
    def place(self) -> tuple[date, date, str]:
        """Where the stay stands in the order of service, by its planned days."""
        visit = self.request.visit
        return visit.admitted_on, visit.discharged_on, PLANNED + self.request.preauthorisation_id

    @property
    def reserved(self) -> PreauthorisationGranted | None:
        """The answer under which limits are reserved now; None when none are."""
        if self.ended is not None or self.converted_by is not None:
            return None
        return self.answer if isinstance(self.answer, PreauthorisationGranted) else None

    @property
    def status(self) -> str:
        """One word for whoever looks."""
        if self.converted_by is not None:
            return "converted"
        if self.ended is not None:
            return self.ended
        match self.answer:
            case PreauthorisationGranted():
                return self.answer.extent
            case PreauthorisationRefused():
                return "refused"
            case _:
                return "pended"


def evolve_stay(stay: PlannedStay | None, event: PreauthorisationEvent) -> PlannedStay:
    """The stay after `event`."""
    if isinstance(event, PreauthorisationRequested):
        return PlannedStay(event)
    assert stay is not None, f"{type(event).__name__} before its request"
    match event:
        case PreauthorisationGranted() | PreauthorisationRefused() | PreauthorisationPended():
            return replace(stay, answer=event, answers=event.number, converted_by=None)
        case ReservationConverted():
            return replace(stay, converted_by=event.claim_id)
        case ReservationReleased():
            return replace(stay, ended="released")
        case ReservationExpired():
            return replace(stay, ended="expired")
        case _:
            raise AssertionError(f"not an event of a planned stay: {type(event).__name__}")


def same_answer(one: PreauthorisationAnswer | None, other: PreauthorisationAnswer) -> bool:
    """Whether two answers say and reserve the same, whenever they were given."""
    if one is None or type(one) is not type(other):
        return False
    if isinstance(one, PreauthorisationPended) and isinstance(other, PreauthorisationPended):
        return [waits.code for waits in one.reasons] == [waits.code for waits in other.reasons]
    return _said(one) == _said(other)


def _said(answer: PreauthorisationAnswer) -> dict[str, object]:
    return answer.model_dump(exclude={"number", "answered_at", "engine_digest", "inputs_digest"})
