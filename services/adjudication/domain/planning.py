"""What hospitals ask of planned stays, and the clock that ends them."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.city_time import CITY_ZONE
from libs.contracts.preauthorisation import (
    PreauthorisationRequested,
    ReservationExpired,
    ReservationReleased,
)
from services.adjudication.domain.commands import ReleaseReservation, RequestPreauthorisation
from services.adjudication.domain.state import Person
from services.adjudication.errors import (
    PlannedInThePast,
    PlannedTooFar,
    PreauthorisationTaken,
    PreauthorisationUnknown,
    TooManyPlanned,
)

# What is reserved is kept from the person's other claims, so a hospital cannot reserve without end.
PLANNED_AHEAD = timedelta(days=1_096)
MOST_OPEN = 5
_STAYS = UUID("7c4be1f6-02c9-5a8e-b8d3-9a41c7d05e62")


def preauthorisation_id_of(hospital_id: str, reference: str) -> str:
    """The id of a hospital's request: derived, so that asking twice is asking once."""
    return str(uuid5(_STAYS, f"{hospital_id}/{reference}"))


def request_preauthorisation(person: Person, command: RequestPreauthorisation) -> list[Event]:
    """The request with its clock; the same again is nothing."""
    # A stay that is planned is not one that was: it names no other.
    visit = command.visit.model_copy(update={"preauthorisation_id": None})
    stay_id = preauthorisation_id_of(visit.hospital_id, command.reference)
    known = person.planned.get(stay_id)
    if known is not None:
        said = (known.request.visit, known.request.settlement, known.request.lines)
        if said != (visit, command.settlement, command.lines):
            raise PreauthorisationTaken(
                f"{command.reference} asks for another stay: ask under a new reference"
            )
        return []
    if visit.discharged_on < command.now.astimezone(CITY_ZONE).date():
        raise PlannedInThePast("the planned discharge is past: file the settlement")
    if visit.discharged_on > command.now.astimezone(CITY_ZONE).date() + PLANNED_AHEAD:
        raise PlannedTooFar(f"a stay can be asked for {PLANNED_AHEAD.days} days ahead")
    if len(_open_at(person, visit.hospital_id)) >= MOST_OPEN:
        raise TooManyPlanned(
            f"{visit.hospital_id} has {MOST_OPEN} open requests: release those that will not be"
        )
    return [
        PreauthorisationRequested(
            person_id=person.person_id,
            preauthorisation_id=stay_id,
            hospital_id=visit.hospital_id,
            reference=command.reference,
            main_diagnosis_chapter=command.main_diagnosis_chapter,
            visit=visit,
            settlement=command.settlement,
            lines=command.lines,
            requested_at=command.now,
            expires_at=_midnight_after(visit.discharged_on) + command.clocks.reservation,
            asked_by=command.asked_by,
        )
    ]


def release_reservation(person: Person, command: ReleaseReservation) -> list[Event]:
    """The stay will not be; the same again is nothing. What has become a claim stays one, and the stay does not come
    back when that is withdrawn."""
    stay = person.planned.get(command.preauthorisation_id)
    if stay is None:
        raise PreauthorisationUnknown(f"the person has no request {command.preauthorisation_id}")
    if stay.ended is not None:
        return []
    return [
        ReservationReleased(
            person_id=person.person_id,
            preauthorisation_id=command.preauthorisation_id,
            reason=command.reason,
            released_at=command.now,
            asked_by=command.asked_by,
        )
    ]


def expire_reservation(person: Person, stay_id: str, due_at: datetime, now: datetime) -> list[Event]:
    """A clock that rings for a stay that has ended is ignored. One that has become a claim expires, too: should the
    claim be withdrawn later, the stay does not come back."""
    stay = person.planned.get(stay_id)
    if stay is None or stay.ended is not None:
        return []
    if stay.request.expires_at != due_at or now < due_at:
        return []
    return [
        ReservationExpired(
            person_id=person.person_id, preauthorisation_id=stay_id, expires_at=due_at, expired_at=now
        )
    ]


def _open_at(person: Person, hospital_id: str) -> list[str]:
    return [
        stay_id
        for stay_id, stay in person.planned.items()
        if stay.request.hospital_id == hospital_id and stay.ended is None and stay.converted_by is None
    ]


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), CITY_ZONE).astimezone(UTC)
