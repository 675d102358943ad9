"""Coverages by HTTP: activate one or many, let one lapse."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import orjson
import structlog
from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from libs.benefits import Plan
from libs.eventlog import EventLog
from libs.privacy import Pseudonymiser
from libs.runtime.doors import DESK
from libs.runtime.problems import Problem
from services.enrolment.adapters import tables
from services.enrolment.domain.commands import Lapse, coverage_id_of
from services.enrolment.domain.errors import CoverageUnknown
from services.enrolment.domain.status import Evidence
from services.enrolment.entrypoints.desk import JSON, Desk, invalid, problem_of
from services.enrolment.entrypoints.requests import CoverageRequest, LapseRequest, faults_of
from services.enrolment.settings import EnrolmentSettings
from services.enrolment.use_cases.enrol import Enrol

logger = structlog.get_logger(__name__)

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def coverages_router(
    desk: Desk,
    log: EventLog,
    pseudonymiser: Pseudonymiser,
    plans: Mapping[str, Plan],
    settings: EnrolmentSettings,
) -> APIRouter:
    """`POST /coverages` and `POST /coverages/{coverage_id}/lapse`."""
    router = APIRouter(prefix="/coverages", tags=["coverages"], dependencies=[DESK])
    entry = _Entry(desk, pseudonymiser, plans)

    @router.post("", status_code=201)
    async def activate(request: Request) -> Response:
        """Cover a person (201, or 200 when they are already), or an array of them (200, a result for each)."""
        desk.admit()
        body = await desk.body(request)
        if body.lstrip()[:1] == b"[":
            return await entry.many(body, settings.bulk_items)
        status, answer = await entry.one(body)
        return Response(orjson.dumps(answer), status_code=status, media_type=JSON)

    @router.post("/{coverage_id}/lapse")
    async def lapse(coverage_id: UUID, request: Request) -> dict[str, Any]:
        """End a coverage before its last day."""
        try:
            asked = LapseRequest.model_validate_json(await desk.body(request))
        except ValidationError as error:
            raise invalid(faults_of(error)) from None
        async with log.pool.acquire() as connection:
            person_id = await tables.owner_of(connection, coverage_id)
        if person_id is None:
            raise problem_of(CoverageUnknown(str(coverage_id)))
        await desk.do(Lapse(person_id, str(coverage_id), asked.lapsed_on, asked.reason))
        return {
            "coverage_id": str(coverage_id),
            "person_id": person_id,
            "status": "lapsed",
            "lapsed_on": asked.lapsed_on.isoformat(),
        }

    return router


class _Entry:
    """Takes one coverage or many."""

    def __init__(self, desk: Desk, pseudonymiser: Pseudonymiser, plans: Mapping[str, Plan]) -> None:
        self._desk = desk
        self._pseudonymiser = pseudonymiser
        self._plans = plans

    async def one(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and answer. Raises Problem."""
        try:
            asked = CoverageRequest.model_validate_json(body)
        except ValidationError as error:
            raise invalid(faults_of(error)) from None
        plan = self._plans.get(asked.plan_id)
        if plan is None:
            sentence = "no plan of this deployment has this id"
            raise invalid([{"pointer": "/plan_id", "code": "plan_unknown", "sentence": sentence}])
        person_id = self._pseudonymiser.person_id(asked.person.id_number)
        terms = asked.terms()
        evidence = None if asked.evidence is None else Evidence(plan, asked.history())
        done = await self._desk.do(Enrol(person_id, terms, asked.person.model_dump(), evidence))
        coverage_id = coverage_id_of(person_id, terms)
        covered = done.person.coverages[coverage_id]
        lapsed_on = covered.lapsed_on
        return 201 if done.happened else 200, {
            "coverage_id": coverage_id,
            "person_id": person_id,
            "status": "active" if lapsed_on is None else "lapsed",
            "pre_existing": covered.terms.pre_existing,
            "pre_existing_classes": list(covered.terms.pre_existing_classes),
            "pre_existing_reason": covered.terms.pre_existing_reason,
        }

    async def many(self, body: bytes, limit: int) -> Response:
        """A result for each item of an array."""
        try:
            raws = _ITEMS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            sentence = "the array is not JSON in UTF-8"
            raise invalid([{"pointer": "", "code": "json_invalid", "sentence": sentence}]) from None
        if len(raws) > limit:
            detail = f"An array has at most {limit} coverages."
            raise Problem(413, "too_many", "Too many coverages", detail, limit_items=limit)
        self._desk.admit(len(raws))
        results = await asyncio.gather(
            *(self._one_of_many(number, bytes(raw)) for number, raw in enumerate(raws))
        )
        accepted = sum(result["status"] < 300 for result in results)
        answer = {"accepted": accepted, "refused": len(results) - accepted, "results": results}
        return Response(orjson.dumps(answer), media_type=JSON)

    async def _one_of_many(self, number: int, body: bytes) -> dict[str, Any]:
        try:
            status, answer = await self.one(body)
        except Problem as problem:
            return {"index": number, "status": problem.status, "problem": problem.body}
        except Exception as error:
            # One item's fault is not the others': theirs may be done and must be told.
            logger.error("item_failed", index=number, error=type(error).__name__, exc_info=error)
            detail = "The fault is ours and is logged. Send the item again later."
            fault = Problem(500, "internal_error", "Internal error", detail)
            return {"index": number, "status": 500, "problem": fault.body}
        return {"index": number, "status": status, "coverage": answer}
