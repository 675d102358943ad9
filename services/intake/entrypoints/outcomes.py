"""Every error under /fhir as an OperationOutcome, those of the framework included."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.intake import RefusalReason
from libs.interop.fhir import operation_outcome
from libs.money import format_yuan
from libs.runtime.problems import Problem
from services.intake.entrypoints.capability import FHIR_JSON
from services.intake.entrypoints.desk import RefusedProblem, Tried

logger = structlog.get_logger(__name__)

_ISSUE_CODES = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    503: "transient",
}


class OutcomeRoute(APIRoute):
    """A route that answers every error as an OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, with its errors answered."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RefusedProblem as problem:
                return fhir(_refused(problem), problem.status, problem.headers)
            except Problem as problem:
                code = problem.body["type"].rsplit(":", 1)[-1]
                return fhir(
                    _single(problem.status, code, problem.body["detail"]), problem.status, problem.headers
                )
            except RequestValidationError as error:
                named = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
                return fhir(_single(400, "invalid_request", f"not valid: {named}"), 400)
            except Exception as error:
                logger.error("request_failed", error=type(error).__name__, exc_info=error)
                sentence = "The fault is ours and is logged. Nothing was accepted; send it again later."
                return fhir(outcome((reason("internal_error", sentence),), "exception"), 500)

        return answered


def fhir(resource: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A FHIR resource as an answer."""
    return Response(orjson.dumps(resource), status_code=status, headers=headers, media_type=FHIR_JSON)


def outcome(reasons: Sequence[RefusalReason], issue_code: str) -> dict[str, Any]:
    """An OperationOutcome whose issues are all of one type."""
    told = operation_outcome(reasons)
    for issue in told["issue"]:
        issue["code"] = issue_code
    return told


def reason(code: str, sentence: str) -> RefusalReason:
    """One that has no place in a body."""
    return RefusalReason(code=code, location="", sentence=sentence)


def tried(answer: Tried) -> dict[str, Any]:
    """What would have become of a Bundle."""
    said = [reason(answer.outcome, _sentence(answer))]
    if answer.estimate is not None:
        said.append(reason("estimate", _estimated(answer.estimate)))
    told = operation_outcome(said, "information")
    for issue in told["issue"]:
        issue["code"] = "informational"
    return told


def _sentence(answer: Tried) -> str:
    if answer.accepted is None:
        return "Nothing was filed."
    claim_id = answer.accepted.claim_id
    return {
        "would_register": "The Bundle would become a claim.",
        "would_correct": f"The Bundle would be revision {answer.accepted.revision} of claim {claim_id}.",
        "would_withdraw": f"Claim {claim_id} would be withdrawn.",
        "would_replay": f"Claim {claim_id} is so already.",
    }[answer.outcome]


def _estimated(estimate: dict[str, Any]) -> str:
    """An estimate as a sentence; `/settlements` answers with its parts."""
    if not estimate["known"]:
        return f"What would be paid is not known: {estimate['sentence']}."
    outcome = estimate["outcome"]
    if "plan_pays_fen" not in outcome:
        missing = ", ".join(f"{pend['code']} ({pend['owner']})" for pend in outcome["pends_for"])
        return f"It would wait for: {missing}."
    parts = [
        f"{part['liability_id']} {format_yuan(part['paid_fen'])}"
        for part in outcome["liabilities"]
        if part["paid_fen"]
    ]
    because = f" It would be denied: {outcome['denied_for']}." if outcome["status"] == "denied" else ""
    in_detail = f" ({', '.join(parts)})" if parts else ""
    return (
        f"The plan would pay {format_yuan(outcome['plan_pays_fen'])} yuan{in_detail}, the patient would bear"
        f" {format_yuan(outcome['patient_bears_fen'])} yuan.{because}"
    )


def _single(status: int, code: str, sentence: str) -> dict[str, Any]:
    return outcome((reason(code, sentence),), _ISSUE_CODES.get(status, "invalid"))


def _refused(problem: RefusedProblem) -> dict[str, Any]:
    """Every reason; also which claim has the name, and the id of the refusal when it is recorded."""
    issue_code = _ISSUE_CODES.get(problem.status)
    refused = (
        operation_outcome(problem.reasons) if issue_code is None else outcome(problem.reasons, issue_code)
    )
    told = {name: problem.body[name] for name in ("refusal_id", "claim_id") if name in problem.body}
    if told:
        sentence = ", ".join(f"{name} {value}" for name, value in told.items())
        refused["issue"] += operation_outcome((reason("reference", sentence),), "information")["issue"]
    return refused
