"""Errors at the HTTP edge as RFC 9457 problems, never with the caller's data in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from libs.eventlog.errors import ArchiveAway, ArchiveDamaged

logger = structlog.get_logger(__name__)


class Problem(Exception):
    """A typed refusal of a request. `errors` lists each fault with a JSON pointer."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {
            "type": f"urn:huiji:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            **extensions,
        }
        if errors:
            self.body["errors"] = [dict(error) for error in errors]


def problem_response(problem: Problem, instance: str) -> JSONResponse:
    """The problem as `application/problem+json`."""
    return JSONResponse(
        problem.body | {"instance": instance},
        status_code=problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def install_problems(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""

    @app.exception_handler(Problem)
    async def typed(request: Request, problem: Problem) -> JSONResponse:
        return problem_response(problem, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {
                "pointer": "/" + "/".join(map(str, fault["loc"])),
                "code": fault["type"],
                "sentence": fault["msg"],
            }
            for fault in error.errors()
        ]
        problem = Problem(422, "invalid_request", "The request is not valid", "See errors.", errors=errors)
        return problem_response(problem, request.url.path)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        problem = Problem(error.status_code, "http_error", str(error.detail), str(error.detail))
        return problem_response(problem, request.url.path)

    @app.exception_handler(ArchiveAway)
    @app.exception_handler(ArchiveDamaged)
    async def archived(request: Request, error: ArchiveAway | ArchiveDamaged) -> JSONResponse:
        """Nothing is lost: whoever asks comes again, and is told what an operator has to put right."""
        logger.error("archive_gives_no_body", path=request.url.path, error=str(error))
        problem = Problem(503, error.code, "The archive gives no body", str(error))
        return problem_response(problem, request.url.path)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
        detail = "The fault is ours and is logged. Nothing was accepted; send the request again later."
        problem = Problem(500, "internal_error", "Internal error", detail)
        return problem_response(problem, request.url.path)
