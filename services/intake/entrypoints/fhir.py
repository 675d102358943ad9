"""FHIR R4 by HTTP: Bundles with a discharge and its settlement, their corrections, and Claims that undo one."""

from datetime import date
from typing import Literal

from fastapi import APIRouter, Depends
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import Response

from libs.eventlog import EventLog
from libs.interop import Request as Asked
from libs.interop.fhir import operation_outcome, parse_bundle_request, parse_claim_request
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.runtime.callers import Caller
from libs.runtime.doors import OPEN, HospitalDoor, LookingDoor
from libs.runtime.problems import Problem
from services.intake.domain.filing import Original, claim_id_of
from services.intake.domain.refusing import Refusing
from services.intake.entrypoints.asking import about_claim, based_on, planned
from services.intake.entrypoints.bodies import body_in_hand, idempotency_key, if_match
from services.intake.entrypoints.capability import FHIR_JSON, capability_statement
from services.intake.entrypoints.claim_response import answer_to, of_accepted, of_filed
from services.intake.entrypoints.claims import claim_of
from services.intake.entrypoints.described import BUNDLE, CLAIM
from services.intake.entrypoints.desk import Desk, RefusedProblem, outcome_headers
from services.intake.entrypoints.outcomes import OutcomeRoute, fhir, tried
from services.intake.entrypoints.proving import name_of, own
from services.intake.entrypoints.spans import arrival
from services.intake.use_cases.prepare import Parse

_CONTENT_TYPES = {FHIR_JSON, "application/json"}
_ALLOWED = {
    "metadata": "GET",
    "Bundle": "POST",
    "Bundle/$validate": "POST",
    "Bundle/$estimate": "POST",
    "Claim": "PUT",
    "ClaimResponse": "GET",
}


def fhir_router(desk: Desk, log: EventLog, door: HospitalDoor, looking: LookingDoor) -> APIRouter:
    """`/fhir`: Bundles and void Claims in, ClaimResponses out."""
    router = APIRouter(prefix="/fhir", tags=["fhir"], route_class=OutcomeRoute)
    entry, hospital, looks = _Entry(desk), Depends(door), Depends(looking)

    @router.get("/metadata", openapi_extra=OPEN)
    async def metadata() -> Response:
        """The CapabilityStatement."""
        return fhir(capability_statement())

    @router.post("", status_code=202, openapi_extra=BUNDLE)
    @router.post("/Bundle", status_code=202, openapi_extra=BUNDLE)
    async def file(request: Request, dry_run: bool = False, caller: Caller | None = hospital) -> Response:
        """File, correct or cancel the settlement in a Bundle (202 with a ClaimResponse); `dry_run` only checks it."""
        return await entry.take(request, parse_bundle, dry_run, caller)

    @router.post("/Bundle/$validate", openapi_extra=BUNDLE)
    async def validate(request: Request, caller: Caller | None = hospital) -> Response:
        """The same checks as filing. As R4 has it, the answer is 200 and the outcome says what is wrong."""
        try:
            return await entry.take(request, parse_bundle, True, caller)
        except RefusedProblem as problem:
            return fhir(operation_outcome(problem.reasons))

    @router.post("/Bundle/$estimate", openapi_extra=BUNDLE)
    async def estimate(request: Request, caller: Caller | None = hospital) -> Response:
        """What the bill in a Bundle would be paid, also that of a stay to come; nothing is filed."""
        return await entry.take(request, planned(parse_bundle), "estimate", caller)

    @router.put("/Claim/{claim_id}", status_code=202, openapi_extra=CLAIM)
    async def cancel(
        request: Request, claim_id: str, dry_run: bool = False, caller: Caller | None = hospital
    ) -> Response:
        """Undo the settlement of a claim: the Claim is cancelled or entered-in-error. Again changes nothing."""
        parse = about_claim(based_on(parse_claim_request, if_match(request)), claim_id)
        return await entry.take(request, parse, dry_run, caller)

    @router.get("/ClaimResponse/{claim_id}")
    async def read(claim_id: str, caller: Caller | None = looks) -> Response:
        """A claim as intake knows it: queued, or cancelled."""
        filed = await claim_of(log, claim_id, caller)
        return fhir(of_filed(filed), headers={"ETag": f'W/"{filed.current.number}"'})

    @router.api_route(
        "/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
    )
    async def other(path: str) -> Response:
        """What this server does not do is said in FHIR, too."""
        allowed = _ALLOWED.get(path) or _ALLOWED.get(path.partition("/")[0])
        if allowed is None or (path.partition("/")[0] == "Bundle" and path not in _ALLOWED):
            raise Problem(
                404, "not_supported", "Not found", "This server has no such resource: see metadata."
            )
        detail = f"Only {allowed} here: see metadata."
        raise Problem(405, "method_not_allowed", "Method not allowed", detail, headers={"Allow": allowed})

    return router


def parse_bundle(body: bytes, received_on: date) -> Asked:
    """Reads a Bundle, whose Claim may say by its id which claim it changes."""
    return parse_bundle_request(body, received_on, claim_id_of=claim_id_of)


class _Entry:
    """Takes what a FHIR client sends."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(
        self, request: Request, parse: Parse, dry_run: bool | Literal["estimate"], caller: Caller | None
    ) -> Response:
        """File, correct or cancel, or say what would happen."""
        async with body_in_hand(self._desk.in_hand, request, _CONTENT_TYPES, MAX_SUBMISSION_BYTES) as body:
            return await self._taken(request, body, parse, dry_run, caller)

    async def _taken(
        self,
        request: Request,
        body: bytes,
        parse: Parse,
        dry_run: bool | Literal["estimate"],
        caller: Caller | None,
    ) -> Response:
        prepare, key = self._desk.prepare, idempotency_key(request)
        linked, original = request.headers.get("traceparent"), Original(FHIR_JSON, body)
        with arrival(f"{request.method} /fhir", SpanKind.SERVER, linked) as (span, traceparent):
            sending = prepare.sending("fhir_http", original, key, traceparent, name_of(caller))
            item = own(prepare.either(parse, sending), caller)
            if dry_run == "estimate":
                return fhir(tried(await self._desk.estimated(item)))
            if dry_run:
                return fhir(tried(await self._desk.try_out(item)))
            accepted = await self._desk.file(item)
            span.set_attribute("huiji.subject", f"claim-{accepted.claim_id}")
        assert not isinstance(item, Refusing), "what was accepted is no refusal"
        headers = outcome_headers(accepted, traceparent)
        headers["ETag"] = f"W/{headers['ETag']}"
        return fhir(answer_to(body, of_accepted(accepted, item.name[1])), 202, headers)
