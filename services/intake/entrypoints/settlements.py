"""The national settlement JSON by HTTP: one settlement, or an array with a result for each."""

import asyncio
from typing import Any

import msgspec
import orjson
import structlog
from fastapi import APIRouter
from opentelemetry.trace import Span, SpanKind
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.intake import RefusalReason
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.interop.national import parse_settlement
from libs.runtime.problems import Problem
from services.intake.domain.filing import Accepted, Original
from services.intake.entrypoints.bodies import idempotency_key, read_body
from services.intake.entrypoints.desk import Desk, outcome_fields, problem_of
from services.intake.entrypoints.spans import arrival, arrival_of_many
from services.intake.settings import IntakeSettings

logger = structlog.get_logger(__name__)

JSON = "application/json"
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
# Reading a settlement takes some tenths of a millisecond: other requests get their turn in between.
_READ_IN_A_ROW = 20


def settlements_router(desk: Desk, settings: IntakeSettings) -> APIRouter:
    """`POST /settlements` and `POST /settlements/$validate`."""
    router = APIRouter(tags=["settlements"])
    entry = _Entry(desk, settings)

    @router.post("/settlements", status_code=202)
    async def file(request: Request, dry_run: bool = False) -> Response:
        """File a settlement (202), or an array of them (200 with a result for each). `dry_run` files nothing."""
        return await entry.take(request, dry_run)

    @router.post("/settlements/$validate")
    async def validate(request: Request) -> Response:
        """The same checks as filing, and nothing is filed."""
        return await entry.take(request, True)

    return router


class _Entry:
    """Takes one settlement or many."""

    def __init__(self, desk: Desk, settings: IntakeSettings) -> None:
        self._desk = desk
        self._settings = settings

    async def take(self, request: Request, dry_run: bool) -> Response:
        self._desk.admit()
        body = await read_body(request, {JSON}, self._settings.bulk_bytes)
        caller = request.headers.get("traceparent")
        if body.lstrip()[:1] == b"[":
            return await self._many(body, caller, dry_run)
        with arrival("POST /settlements", SpanKind.SERVER, caller) as (span, traceparent):
            accepted = await self._one(body, span, traceparent, idempotency_key(request), dry_run)
        return _tried(accepted) if dry_run or accepted is None else _filed(accepted, traceparent)

    async def _one(
        self, body: bytes, span: Span, traceparent: str | None, key: str | None, dry_run: bool
    ) -> Accepted | None:
        if len(body) > MAX_SUBMISSION_BYTES:
            raise _too_large()
        item = self._desk.prepare.either(
            parse_settlement,
            "settlement_http",
            Original(JSON, body),
            idempotency_key=key,
            traceparent=traceparent,
        )
        accepted = await self._desk.try_out(item) if dry_run else await self._desk.file(item)
        if accepted is not None:
            span.set_attribute("huiji.subject", f"claim-{accepted.claim_id}")
        return accepted

    async def _many(self, body: bytes, caller: str | None, dry_run: bool) -> Response:
        raws = self._items_in(body)
        self._desk.admit(len(raws))
        started = []
        for number, raw in enumerate(raws):
            started.append(asyncio.ensure_future(self._one_of_many(number, bytes(raw), caller, dry_run)))
            if number % _READ_IN_A_ROW == 0:
                await asyncio.sleep(0)
        results = await asyncio.gather(*started)
        accepted = sum(result["status"] < 300 for result in results)
        answer = {"accepted": accepted, "refused": len(results) - accepted, "results": results}
        return Response(orjson.dumps(answer), media_type=JSON)

    def _items_in(self, body: bytes) -> list[msgspec.Raw]:
        try:
            raws = _ITEMS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reason = RefusalReason(code="malformed_json", location="", sentence="the array is not JSON")
            raise problem_of((reason,)) from None
        limit = self._settings.bulk_items
        if len(raws) > limit:
            detail = f"An array has at most {limit} settlements."
            raise Problem(413, "too_many", "Too many settlements", detail, limit_items=limit)
        return raws

    async def _one_of_many(
        self, number: int, body: bytes, caller: str | None, dry_run: bool
    ) -> dict[str, Any]:
        try:
            with arrival_of_many("POST /settlements", caller) as (span, traceparent):
                accepted = await self._one(body, span, traceparent, None, dry_run)
        except Problem as problem:
            return {"index": number, "status": problem.status, "problem": problem.body}
        except Exception as error:
            # One item's fault is not the others': they are claims already and must be told so.
            logger.error("item_failed", index=number, error=type(error).__name__, exc_info=error)
            return {"index": number, "status": 500, "problem": _fault_of_ours().body}
        if dry_run or accepted is None:
            return {"index": number, "status": 200, "outcome": _would(accepted)}
        return {"index": number, "status": 202, "claim": outcome_fields(accepted)}


def _filed(accepted: Accepted, traceparent: str | None) -> Response:
    answer = outcome_fields(accepted)
    headers = {"Location": answer["status_url"], "Idempotency-Replayed": str(accepted.replayed).lower()}
    if traceparent is not None:
        headers["traceparent"] = traceparent
    return Response(orjson.dumps(answer), status_code=202, headers=headers, media_type=JSON)


def _tried(verdict: Accepted | None) -> Response:
    answer = {"valid": True, "outcome": _would(verdict)}
    return Response(orjson.dumps(answer), status_code=200, media_type=JSON)


def _would(verdict: Accepted | None) -> str:
    return "would_register" if verdict is None else "would_replay"


def _fault_of_ours() -> Problem:
    detail = "The fault is ours and is logged. This item was not accepted; send it again later."
    return Problem(500, "internal_error", "Internal error", detail)


def _too_large() -> Problem:
    detail = f"A settlement has at most {MAX_SUBMISSION_BYTES} bytes: sum its lines."
    return Problem(413, "too_large", "Settlement too large", detail, limit_bytes=MAX_SUBMISSION_BYTES)
