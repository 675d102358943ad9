"""Pre-authorisation for hospitals: the document they would file, with planned days and an estimated bill."""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request

from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.interop.national import parse_request
from libs.runtime.callers import Caller
from libs.runtime.doors import HospitalDoor
from libs.runtime.problems import Problem
from services.intake.domain.admitting import hospital_of
from services.intake.domain.filing import Filing, Original
from services.intake.domain.refusing import Refusing
from services.intake.entrypoints.asking import planned
from services.intake.entrypoints.bodies import body_in_hand
from services.intake.entrypoints.capability import FHIR_JSON
from services.intake.entrypoints.described import PLANNED
from services.intake.entrypoints.desk import problem_of, unavailable
from services.intake.entrypoints.fhir import parse_bundle
from services.intake.entrypoints.in_hand import InHand
from services.intake.entrypoints.proving import name_of, own
from services.intake.use_cases.estimate import AdjudicationRefused, AdjudicationSilent
from services.intake.use_cases.preauthorise import Preauthorise
from services.intake.use_cases.prepare import Prepare

Reference = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
_PARSERS = {"application/json": planned(parse_request), FHIR_JSON: planned(parse_bundle)}


def preauthorisations_router(
    prepare: Prepare, preauthorise: Preauthorise | None, in_hand: InHand, door: HospitalDoor
) -> APIRouter:
    """`/preauthorisations/{reference}`; the reference is the hospital's own, the hospital is the document's."""
    router = APIRouter(prefix="/preauthorisations", tags=["preauthorisations"])
    hospital = Depends(door)

    def connected() -> Preauthorise:
        if preauthorise is None:
            raise unavailable("adjudication_not_connected", "This deployment does not say who adjudicates.")
        return preauthorise

    @router.put("/{reference}", openapi_extra=PLANNED)
    async def ask(request: Request, reference: Reference, caller: Caller | None = hospital) -> dict[str, Any]:
        """Ask before a stay; what is granted is reserved. The same again is the same answer, as it stands by then."""
        async with body_in_hand(in_hand, request, _PARSERS, MAX_SUBMISSION_BYTES) as body:
            stay = _stay_in(request, body, prepare, reference, caller)
            with in_hand.place(hospital_of(stay)):
                return await _answered(connected().ask(stay, reference))

    @router.post("/{reference}/release", openapi_extra=PLANNED)
    async def release(
        request: Request,
        reference: Reference,
        reason: Literal["stay_cancelled", "asked_anew", "entered_in_error"] = "stay_cancelled",
        caller: Caller | None = hospital,
    ) -> dict[str, Any]:
        """The stay will not be: the same document says whose it was."""
        async with body_in_hand(in_hand, request, _PARSERS, MAX_SUBMISSION_BYTES) as body:
            stay = _stay_in(request, body, prepare, reference, caller)
            with in_hand.place(hospital_of(stay)):
                return await _answered(connected().release(stay, reference, reason))

    return router


def _stay_in(
    request: Request, body: bytes, prepare: Prepare, reference: str, caller: Caller | None
) -> Filing:
    """The planned stay in the body, national JSON or a FHIR Bundle. Raises Problem 400, 403, 422."""
    content_type = request.headers["content-type"].partition(";")[0].strip().lower()
    original = Original(content_type, body)
    sending = prepare.sending("settlement_http", original, None, None, name_of(caller))
    item = own(prepare.either(_PARSERS[content_type], sending), caller)
    if isinstance(item, Refusing):
        raise problem_of(item.reasons)
    if not isinstance(item, Filing) or item.corrects:
        detail = "A planned stay is asked for with a settlement, not with a correction or a cancellation."
        raise Problem(422, "not_a_stay", "Nothing can be planned of this", detail)
    if item.submission.person.id_number in reference.upper():
        detail = (
            "The reference holds the person's identity number, and references stand in clear: use another."
        )
        raise Problem(422, "personal_number_in_id", "The reference names the person", detail)
    return item


async def _answered(answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await answer
    except AdjudicationSilent as error:
        detail = "Adjudication does not answer now. Asking again is safe: the reference is asked for once."
        raise unavailable(error.code, detail) from None
    except AdjudicationRefused as refusal:
        raise Problem(refusal.status, refusal.reason, "Not pre-authorised", refusal.detail) from None
