"""Where requests hand their commands in: limits, back-pressure, the shared transaction, refusals as problems."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.requests import Request

from libs.eventlog import is_operational
from libs.runtime.batcher import Batcher
from libs.runtime.problems import Problem
from services.enrolment.domain.errors import ConsentUnknown, CoverageUnknown, EnrolmentError
from services.enrolment.use_cases.command_people import Done
from services.enrolment.use_cases.enrol import Item

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = "1"
JSON = "application/json"


@dataclass(frozen=True)
class Desk:
    """What the HTTP entrypoints share."""

    batcher: Batcher[Item, Done]
    waiting_limit: int
    body_limit_bytes: int

    async def body(self, request: Request) -> bytes:
        """The request's JSON body as bytes. Raises Problem 413 or 415."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Problem(
                415, "content_type_unsupported", "Unsupported content type", f"Content-Type must be {JSON}."
            )
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self.body_limit_bytes:
                detail = f"A body has at most {self.body_limit_bytes} bytes here."
                raise Problem(413, "too_large", "Request too large", detail)
            chunks.append(chunk)
        return b"".join(chunks)

    def admit(self, count: int = 1) -> None:
        """Raises Problem 503 when `count` more would wait too long."""
        if self.batcher.depth + count > max(self.waiting_limit, count):
            raise _unavailable("overloaded", "Too many commands wait. Nothing was done; send it again later.")

    async def do(self, item: Item) -> Done:
        """Carry one command out. Raises Problem 404, 409, 422 or 503."""
        try:
            return await self.batcher.submit(item)
        except EnrolmentError as refused:
            raise problem_of(refused) from None
        except Exception as error:
            if not is_operational(error):
                raise
            logger.warning("command_not_carried_out", error=type(error).__name__)
            detail = "The database is not available. Nothing was done; send it again later."
            raise _unavailable("storage_unavailable", detail) from None


def problem_of(refused: EnrolmentError) -> Problem:
    """404 for what is not there, 409 for what contradicts the records, 422 for what contradicts itself."""
    status = (
        404 if isinstance(refused, CoverageUnknown | ConsentUnknown) else 409 if refused.conflict else 422
    )
    return Problem(status, refused.code, "The command cannot be carried out", f"{refused}.")


def invalid(faults: Sequence[dict[str, str]]) -> Problem:
    """400 for what is no JSON, else 422 with every fault."""
    if any(fault["code"] == "json_invalid" for fault in faults):
        return Problem(400, "malformed", "The body cannot be read", "See errors.", errors=faults)
    return Problem(422, "invalid_request", "The request is not valid", "See errors.", errors=faults)


def _unavailable(code: str, detail: str) -> Problem:
    return Problem(503, code, "Not available now", detail, headers={"Retry-After": RETRY_AFTER_SECONDS})
