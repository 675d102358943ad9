"""FHIR R4 search: Encounter and Condition by the patient's identity number."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from libs.contracts.intake import RefusalReason
from libs.interop.fhir import operation_outcome, systems
from services.bureau_simulator.entrypoints.platform import Platform
from services.bureau_simulator.use_cases.search_fhir import conditions_of, encounters_of, searchset

_FHIR = "application/fhir+json"
_DEFAULT_COUNT, _MAX_COUNT, _MAX_OFFSET = 50, 200, 100_000
_PARAMETERS = frozenset({"patient.identifier", "_count", "_offset", "_format"})


def fhir_router(platform: Platform) -> APIRouter:
    """Routes under /fhir. POST _search keeps identity numbers out of URLs; GET is there for who must."""
    router = APIRouter(prefix="/fhir")

    @router.get("/metadata")
    async def metadata() -> Response:
        """The CapabilityStatement."""
        return JSONResponse(_capabilities(), media_type=_FHIR)

    @router.get("/{kind}")
    async def search(kind: str, request: Request) -> Response:
        """Search by query."""
        return _search(platform, kind, request, list(request.query_params.multi_items()))

    @router.post("/{kind}/_search")
    async def search_by_form(kind: str, request: Request) -> Response:
        """Search by form."""
        form = (await request.body()).decode("utf-8", "replace")
        return _search(platform, kind, request, parse_qsl(form, keep_blank_values=True))

    return router


def _search(platform: Platform, kind: str, request: Request, given: list[tuple[str, str]]) -> Response:
    if kind not in ("Encounter", "Condition"):
        return _refused(404, "not_supported", "kind", "only Encounter and Condition are searched here")
    parameters = dict(given)
    unknown = [name for name in parameters if name not in _PARAMETERS]
    if unknown:
        return _refused(
            400, "unknown_code", "parameter", "only patient.identifier, _count and _offset are known"
        )
    system, _, certno = parameters.get("patient.identifier", "").rpartition("|")
    if not certno or system not in ("", systems.IDENTITY_NUMBER):
        sentence = f"patient.identifier is required, as {systems.IDENTITY_NUMBER}|<number>"
        return _refused(400, "missing", "patient.identifier", sentence)
    count = _number(parameters.get("_count"), _DEFAULT_COUNT, _MAX_COUNT)
    offset = _number(parameters.get("_offset"), 0, _MAX_OFFSET)
    if count is None or offset is None:
        return _refused(400, "wrong_format", "_count", "_count and _offset are whole numbers")
    found = (
        encounters_of(platform.records, certno)
        if kind == "Encounter"
        else conditions_of(platform.records, platform.seed, certno)
    )
    base = f"{str(request.base_url).rstrip('/')}/fhir/{kind}"
    query = urlencode({"patient.identifier": f"{systems.IDENTITY_NUMBER}|{certno}"})
    return JSONResponse(searchset(found, base, query, offset, count), media_type=_FHIR)


def _number(text: str | None, default: int, most: int) -> int | None:
    if text is None:
        return default
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _refused(status: int, code: str, location: str, sentence: str) -> Response:
    outcome = operation_outcome([RefusalReason(code=code, location=location, sentence=sentence)])
    return JSONResponse(outcome, status_code=status, media_type=_FHIR)


def _capabilities() -> dict[str, Any]:
    parameter = {"name": "patient.identifier", "type": "token"}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2022-01-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {"type": kind, "interaction": [{"code": "search-type"}], "searchParam": [parameter]}
                    for kind in ("Condition", "Encounter")
                ],
            }
        ],
    }
