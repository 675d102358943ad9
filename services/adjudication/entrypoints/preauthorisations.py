"""Pre-authorisation by HTTP: a hospital asks before a stay and is answered at once; what is granted is reserved."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.preauthorisation import (
    PreauthorisationGranted,
    PreauthorisationPended,
    PreauthorisationRefused,
)
from libs.contracts.settlement import FeeLine, Settlement, Visit
from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Stage
from libs.runtime.doors import INSIDE
from libs.runtime.problems import Problem
from services.adjudication.adapters.deadlines import open_stays
from services.adjudication.domain.commands import (
    ByHospitals,
    Clocks,
    Command,
    ReleaseReservation,
    RequestPreauthorisation,
)
from services.adjudication.domain.planned_stay import PlannedStay
from services.adjudication.domain.planning import preauthorisation_id_of
from services.adjudication.domain.state import Person
from services.adjudication.entrypoints.claim_desk import AskedBy, PersonInPath
from services.adjudication.errors import AdjudicationError, PlannedInThePast, PreauthorisationUnknown
from services.adjudication.use_cases.ask_of_claim import ask_of_claim

SHOWN = 200
_STATUS: dict[type[AdjudicationError], int] = {PreauthorisationUnknown: 404, PlannedInThePast: 422}

Reference = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
"""The hospital's own word for a request: it stands in clear in events, so it is no place for a name."""


class PlannedBody(BaseModel):
    """The stay with its planned days and the estimated bill, as intake publishes bills."""

    model_config = ConfigDict(extra="forbid")

    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    main_diagnosis_chapter: str | None = Field(default=None, max_length=10)


class ReleaseBody(BaseModel):
    """Why the stay will not be."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["stay_cancelled", "asked_anew", "entered_in_error"] = "stay_cancelled"


def preauthorisations_router(log: EventLog, stage: Stage[Person, Command], clocks: Clocks) -> APIRouter:
    """`/people/{person_id}/preauthorisations`, and the operators' list `/preauthorisations`."""
    router = APIRouter(tags=["preauthorisations"], dependencies=[INSIDE])
    desk = _Desk(log, stage)

    @router.put("/people/{person_id}/preauthorisations/{hospital_id}/{reference}")
    async def request(
        person_id: PersonInPath,
        hospital_id: str,
        reference: Reference,
        body: PlannedBody,
        asked_by: AskedBy = None,
    ) -> dict[str, Any]:
        """Ask before a stay. The same again is the same answer, as it stands by then.

        409 when the reference asks for another stay, 422 when the planned discharge is past.
        """
        if body.visit.hospital_id != hospital_id:
            detail = "The stay is another hospital's than the path says."
            raise Problem(422, "hospital_mismatch", "The request contradicts itself", detail)
        await desk.ask(
            person_id,
            lambda now: RequestPreauthorisation(
                reference,
                body.visit,
                body.settlement,
                body.lines,
                body.main_diagnosis_chapter,
                now,
                clocks,
                asked_by,
            ),
        )
        return await desk.show(person_id, preauthorisation_id_of(hospital_id, reference))

    @router.post("/people/{person_id}/preauthorisations/{hospital_id}/{reference}/release")
    async def release(
        person_id: PersonInPath,
        hospital_id: str,
        reference: Reference,
        body: ReleaseBody,
        asked_by: AskedBy = None,
    ) -> dict[str, Any]:
        """The stay will not be: what was reserved is free again. The same again changes nothing."""
        stay_id = preauthorisation_id_of(hospital_id, reference)
        await desk.ask(person_id, lambda now: ReleaseReservation(stay_id, body.reason, now, clocks, asked_by))
        return await desk.show(person_id, stay_id)

    @router.get("/people/{person_id}/preauthorisations")
    async def of_person(person_id: PersonInPath) -> list[dict[str, Any]]:
        """Every request about the person, in the order of the planned days, with the answer that stands."""
        (person,) = await desk.load([person_id])
        return [stay_shown(stay) for stay in sorted(person.planned.values(), key=lambda each: each.place)]

    @router.get("/preauthorisations")
    async def all_open() -> list[dict[str, Any]]:
        """Requests whose time is not over, the first to expire first."""
        async with log.pool.acquire() as connection:
            keys = await open_stays(connection, SHOWN)
        people = await desk.load(list(dict.fromkeys(person_id for person_id, _ in keys)))
        known = {person.person_id: person for person in people}
        return [
            {"person_id": person_id, **stay_shown(known[person_id].planned[stay_id])}
            for person_id, stay_id in keys
        ]

    return router


def stay_shown(stay: PlannedStay) -> dict[str, Any]:
    """`status`: granted, partly, pended, refused, converted, released or expired. Amounts in fen."""
    request, answer = stay.request, stay.answer
    told: dict[str, Any] = {
        "preauthorisation_id": request.preauthorisation_id,
        "status": stay.status,
        "hospital_id": request.hospital_id,
        "reference": request.reference,
        "admitted_on": request.visit.admitted_on,
        "discharged_on": request.visit.discharged_on,
        "bill_fen": request.settlement.total_fen,
        "requested_at": request.requested_at,
        "expires_at": request.expires_at,
        "reserves": stay.reserved is not None,
        "converted_by": stay.converted_by,
        "answer": answer.model_dump(mode="json", exclude={"person_id", "preauthorisation_id"})
        if answer
        else None,
    }
    if isinstance(answer, PreauthorisationGranted):
        cut_fen = answer.without_limits_fen - answer.plan_pays_fen - answer.cash_benefits_fen
        told["reasons"] = ["limits_used"] if answer.extent == "partly" else []
        told["cut_by_limits_fen"] = cut_fen
    elif isinstance(answer, PreauthorisationRefused):
        told["reasons"] = [answer.reason]
    elif isinstance(answer, PreauthorisationPended):
        told["reasons"] = [reason.code for reason in answer.reasons]
    else:
        told["reasons"] = []
    return told


class _Desk:
    """Decides a hospital's command and shows the stay as it is then."""

    def __init__(self, log: EventLog, stage: Stage[Person, Command]) -> None:
        self._log = log
        self._stage = stage

    async def ask(self, person_id: str, command: Callable[[datetime], ByHospitals]) -> None:
        """Problems: 404, 409, 422 with the refusal's code; 503 when the stream is busy."""
        try:
            await ask_of_claim(self._log, self._stage, person_id, command)
        except AdjudicationError as error:
            raise Problem(_STATUS.get(type(error), 409), error.code, str(error), str(error)) from None
        except ConcurrencyConflict as error:
            detail = "Other events about the person kept arriving. Nothing was recorded; send it again."
            raise Problem(
                503, error.code, "The person is busy", detail, headers={"Retry-After": "1"}
            ) from None

    async def load(self, person_ids: list[str]) -> list[Person]:
        """The people as they are."""
        stream_ids = [f"person-{person_id}" for person_id in person_ids]
        async with self._log.pool.acquire() as connection:
            loaded = await self._stage.states.load(connection, stream_ids)
        return [loaded[stream_id].state for stream_id in stream_ids]

    async def show(self, person_id: str, stay_id: str) -> dict[str, Any]:
        """One stay."""
        (person,) = await self.load([person_id])
        return stay_shown(person.planned[stay_id])
