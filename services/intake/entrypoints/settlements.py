"""The national settlement JSON by HTTP: one settlement or many, their corrections and their cancellations."""

import asyncio
from typing import Any, Literal

import msgspec
import orjson
import structlog
from fastapi import APIRouter, Depends
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.intake import RefusalReason
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.interop.national import parse_request
from libs.runtime.callers import Caller
from libs.runtime.doors import HospitalDoor
from libs.runtime.problems import Problem
from services.intake.domain.admitting import UNNAMED
from services.intake.domain.filing import Original
from services.intake.entrypoints.asking import cancellation_document, correcting, hospital_in, planned
from services.intake.entrypoints.bodies import (
    READ_IN_A_ROW,
    body_in_hand,
    cancellation_additions,
    idempotency_key,
    if_match,
)
from services.intake.entrypoints.described import CANCELLATION, CORRECTION, ONE, ONE_OR_MANY
from services.intake.entrypoints.desk import (
    Desk,
    outcome_fields,
    outcome_headers,
    problem_of,
    tried_fields,
)
from services.intake.entrypoints.proving import name_of, own, place_of
from services.intake.entrypoints.spans import arrival, arrival_of_many
from services.intake.settings import IntakeSettings
from services.intake.use_cases.file_submissions import Item
from services.intake.use_cases.prepare import Parse

logger = structlog.get_logger(__name__)

JSON = "application/json"
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def settlements_router(desk: Desk, settings: IntakeSettings, door: HospitalDoor) -> APIRouter:
    """`/settlements`: filing, checking, correcting and cancelling."""
    router = APIRouter(tags=["settlements"])
    entry, hospital = _Entry(desk, settings), Depends(door)

    @router.post("/settlements", status_code=202, openapi_extra=ONE_OR_MANY)
    async def file(request: Request, dry_run: bool = False, caller: Caller | None = hospital) -> Response:
        """File a settlement (202), or an array of them (200 with a result for each). `dry_run` files nothing.

        A document whose `huiji.action` is correct or cancel is a correction or a cancellation.
        """
        return await entry.take(request, dry_run, caller)

    @router.post("/settlements/$validate", openapi_extra=ONE_OR_MANY)
    async def validate(request: Request, caller: Caller | None = hospital) -> Response:
        """The same checks as filing, and nothing is filed."""
        return await entry.take(request, True, caller)

    @router.post("/settlements/$estimate", openapi_extra=ONE)
    async def estimate(request: Request, caller: Caller | None = hospital) -> Response:
        """What a bill would be paid, also one of a stay to come: the same document, nothing is filed."""
        async with body_in_hand(desk.in_hand, request, {JSON}, MAX_SUBMISSION_BYTES) as body:
            return await entry.change(request, body, planned(parse_request), "estimate", caller)

    @router.put("/settlements/{hospital_id}/{setl_id:path}", status_code=202, openapi_extra=CORRECTION)
    async def correct(
        request: Request,
        hospital_id: str,
        setl_id: str,
        dry_run: bool = False,
        caller: Caller | None = hospital,
    ) -> Response:
        """Replace the content of a settlement that is a claim: the claim keeps its id and gets its next revision.

        The same again is the same revision. `If-Match` names the revision that is corrected: 412 when there is a newer.
        """
        async with body_in_hand(desk.in_hand, request, {JSON}, MAX_SUBMISSION_BYTES) as body:
            parse = correcting(parse_request, (hospital_id, setl_id), if_match(request))
            return await entry.change(request, body, parse, dry_run, caller)

    @router.post(
        "/settlements/{hospital_id}/{setl_id:path}/cancellation", status_code=202, openapi_extra=CANCELLATION
    )
    async def cancel(
        request: Request,
        hospital_id: str,
        setl_id: str,
        dry_run: bool = False,
        caller: Caller | None = hospital,
    ) -> Response:
        """Undo a settlement (national 2305, 2208): its claim is withdrawn for good. The same again changes nothing."""
        additions = await cancellation_additions(request)
        based_on = if_match(request)
        if based_on is not None:
            additions["based_on_revision"] = based_on
        body = cancellation_document((hospital_id, setl_id), additions)
        return await entry.change(request, body, parse_request, dry_run, caller)

    return router


class _Entry:
    """Takes one settlement or many."""

    def __init__(self, desk: Desk, settings: IntakeSettings) -> None:
        self._desk = desk
        self._settings = settings

    async def take(self, request: Request, dry_run: bool, caller: Caller | None) -> Response:
        """File what the body holds."""
        async with body_in_hand(self._desk.in_hand, request, {JSON}, self._settings.bulk_bytes) as body:
            if body.lstrip()[:1] == b"[":
                return await self._many(body, request.headers.get("traceparent"), dry_run, caller)
            return await self.change(request, body, parse_request, dry_run, caller)

    async def change(
        self,
        request: Request,
        body: bytes,
        parse: Parse,
        dry_run: bool | Literal["estimate"],
        caller: Caller | None,
    ) -> Response:
        """File, correct or cancel one settlement, or say what would become of it."""
        if self._desk.in_hand.turns_away:
            self._desk.in_hand.turn_away(place_of(hospital_in(body), caller))
        name = f"{request.method} /settlements"
        key = idempotency_key(request)
        with arrival(name, SpanKind.SERVER, request.headers.get("traceparent")) as (span, traceparent):
            item = self._item(body, parse, traceparent, key, caller)
            if dry_run == "estimate":
                return _answer(tried_fields(await self._desk.estimated(item)), 200, {})
            if dry_run:
                return _answer(tried_fields(await self._desk.try_out(item)), 200, {})
            accepted = await self._desk.file(item)
            span.set_attribute("huiji.subject", f"claim-{accepted.claim_id}")
        return _answer(outcome_fields(accepted), 202, outcome_headers(accepted, traceparent))

    def _item(
        self, body: bytes, parse: Parse, traceparent: str | None, key: str | None, caller: Caller | None
    ) -> Item:
        if len(body) > MAX_SUBMISSION_BYTES:
            raise _too_large()
        prepare, original = self._desk.prepare, Original(JSON, body)
        sending = prepare.sending("settlement_http", original, key, traceparent, name_of(caller))
        return own(prepare.either(parse, sending), caller)

    async def _many(
        self, body: bytes, traceparent: str | None, dry_run: bool, caller: Caller | None
    ) -> Response:
        """File an array as room becomes free for it, in places of the hospital that its first item names."""
        raws = self._items_in(body)
        place = place_of(hospital_in(bytes(raws[0])) if raws else UNNAMED, caller)
        started = []
        for number, raw in enumerate(raws):
            await self._desk.in_hand.enter_when_free(place)
            # Its place is given back when it is answered.
            one = self._one_of_many(number, bytes(raw), traceparent, dry_run, place, caller)
            started.append(asyncio.ensure_future(one))
            if number % READ_IN_A_ROW == READ_IN_A_ROW - 1:
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
        self,
        number: int,
        body: bytes,
        linked: str | None,
        dry_run: bool,
        place: str,
        caller: Caller | None,
    ) -> dict[str, Any]:
        try:
            with arrival_of_many("POST /settlements", linked) as (span, traceparent):
                item = self._item(body, parse_request, traceparent, None, caller)
                if dry_run:
                    tried = await self._desk.try_one_of_many(item)
                    return {"index": number, "status": 200, "outcome": tried.outcome}
                accepted = await self._desk.file_one_of_many(item)
                span.set_attribute("huiji.subject", f"claim-{accepted.claim_id}")
        except Problem as problem:
            return {"index": number, "status": problem.status, "problem": problem.body}
        except Exception as error:
            # One item's fault is not the others': they are claims already and must be told so.
            logger.error("item_failed", index=number, error=type(error).__name__, exc_info=error)
            return {"index": number, "status": 500, "problem": _fault_of_ours().body}
        finally:
            self._desk.in_hand.leave(place)
        return {"index": number, "status": 202, "claim": outcome_fields(accepted)}


def _answer(told: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(told), status_code=status, headers=headers, media_type=JSON)


def _fault_of_ours() -> Problem:
    detail = "The fault is ours and is logged. This item was not accepted; send it again later."
    return Problem(500, "internal_error", "Internal error", detail)


def _too_large() -> Problem:
    detail = f"A settlement has at most {MAX_SUBMISSION_BYTES} bytes: sum its lines."
    return Problem(413, "too_large", "Settlement too large", detail, limit_bytes=MAX_SUBMISSION_BYTES)
