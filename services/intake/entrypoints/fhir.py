"""FHIR R4 by HTTP: a Bundle with a discharge and its settlement; every error is an OperationOutcome."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any

import orjson
import structlog
from fastapi import APIRouter
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.intake import RefusalReason
from libs.eventlog import EventLog
from libs.interop.fhir import operation_outcome, parse_bundle
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.runtime.problems import Problem
from services.intake.domain.filing import Accepted, Filing, Original
from services.intake.entrypoints.bodies import idempotency_key, read_body
from services.intake.entrypoints.capability import FHIR_JSON, capability_statement
from services.intake.entrypoints.claim_response import answer_to, claim_response, of_row
from services.intake.entrypoints.claims import claim_of
from services.intake.entrypoints.desk import Desk, RefusedProblem, status_url
from services.intake.entrypoints.spans import arrival

logger = structlog.get_logger(__name__)

_CONTENT_TYPES = {FHIR_JSON, "application/json"}
_ISSUE_CODES = {404: "not-found", 409: "conflict", 413: "too-long", 415: "not-supported", 503: "transient"}

Endpoint = Callable[..., Awaitable[Response]]


def fhir_router(desk: Desk, log: EventLog) -> APIRouter:
    """`/fhir`: Bundles in, ClaimResponses out."""
    router = APIRouter(prefix="/fhir", tags=["fhir"])

    @router.get("/metadata")
    async def metadata() -> Response:
        """The CapabilityStatement."""
        return _fhir(capability_statement())

    @router.post("", status_code=202)
    @router.post("/Bundle", status_code=202)
    @_outcomes
    async def file(request: Request, dry_run: bool = False) -> Response:
        """File the discharge in a Bundle (202 with a queued ClaimResponse); `dry_run` only checks it."""
        desk.admit()
        body = await read_body(request, _CONTENT_TYPES, MAX_SUBMISSION_BYTES)
        with arrival("POST /fhir", SpanKind.SERVER, request.headers.get("traceparent")) as (
            span,
            traceparent,
        ):
            item = desk.prepare.either(
                parse_bundle,
                "fhir_http",
                Original(FHIR_JSON, body),
                idempotency_key=idempotency_key(request),
                traceparent=traceparent,
            )
            if dry_run:
                return _fhir(_valid(await desk.try_out(item)))
            accepted = await desk.file(item)
            span.set_attribute("huiji.subject", f"claim-{accepted.claim_id}")
        assert isinstance(item, Filing), "what was accepted is no refusal"
        received_at = accepted.received_at.isoformat()
        response = claim_response(accepted.claim_id, item.submission.submission_id, received_at)
        headers = {
            "Location": status_url(accepted.claim_id),
            "Idempotency-Replayed": str(accepted.replayed).lower(),
        }
        if traceparent is not None:
            headers["traceparent"] = traceparent
        return _fhir(answer_to(body, response), 202, headers)

    @router.post("/Bundle/$validate")
    @_outcomes
    async def validate(request: Request) -> Response:
        """The same checks as filing. As R4 has it, the answer is 200 and the outcome says what is wrong."""
        body = await read_body(request, _CONTENT_TYPES, MAX_SUBMISSION_BYTES)
        item = desk.prepare.either(parse_bundle, "fhir_http", Original(FHIR_JSON, body))
        try:
            return _fhir(_valid(await desk.try_out(item)))
        except RefusedProblem as problem:
            return _fhir(operation_outcome(problem.reasons))

    @router.get("/ClaimResponse/{claim_id}")
    @_outcomes
    async def read(claim_id: str) -> Response:
        """A claim as intake knows it: queued."""
        return _fhir(of_row(await claim_of(log, claim_id)))

    return router


def _outcomes(endpoint: Endpoint) -> Endpoint:
    """Answer every error as an OperationOutcome."""

    @wraps(endpoint)
    async def answered(*args: Any, **kwargs: Any) -> Response:
        try:
            return await endpoint(*args, **kwargs)
        except RefusedProblem as problem:
            return _fhir(_refused(problem), problem.status, problem.headers)
        except Problem as problem:
            reason = _reason(problem.body["type"].rsplit(":", 1)[-1], problem.body["detail"])
            issue_code = _ISSUE_CODES.get(problem.status, "invalid")
            return _fhir(_outcome((reason,), issue_code), problem.status, problem.headers)
        except Exception as error:
            logger.error("request_failed", error=type(error).__name__, exc_info=error)
            sentence = "The fault is ours and is logged. Nothing was accepted; send it again later."
            return _fhir(_outcome((_reason("internal_error", sentence),), "exception"), 500)

    return answered


def _refused(problem: RefusedProblem) -> dict[str, Any]:
    """Every reason; for a taken id also which claim has it, for a recorded refusal its id."""
    outcome = operation_outcome(problem.reasons)
    if problem.status == 409:
        outcome = _outcome(problem.reasons, "conflict")
    told = {name: problem.body[name] for name in ("refusal_id", "claim_id") if name in problem.body}
    if told:
        sentence = ", ".join(f"{name} {value}" for name, value in told.items())
        outcome["issue"] += operation_outcome((_reason("reference", sentence),), "information")["issue"]
    return outcome


def _valid(verdict: Accepted | None) -> dict[str, Any]:
    code, sentence = (
        ("would_register", "The Bundle would become a claim.")
        if verdict is None
        else ("would_replay", f"The Bundle is claim {verdict.claim_id} already.")
    )
    outcome = operation_outcome((_reason(code, sentence),), "information")
    outcome["issue"][0]["code"] = "informational"
    return outcome


def _outcome(reasons: Sequence[RefusalReason], issue_code: str) -> dict[str, Any]:
    outcome = operation_outcome(reasons)
    for issue in outcome["issue"]:
        issue["code"] = issue_code
    return outcome


def _reason(code: str, sentence: str) -> RefusalReason:
    return RefusalReason(code=code, location="", sentence=sentence)


def _fhir(resource: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(resource), status_code=status, headers=headers, media_type=FHIR_JSON)
