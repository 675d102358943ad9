"""A registered claim as FHIR says it: a ClaimResponse that is queued, alone or in the answer to a transaction."""

from typing import Any

import orjson

from libs.interop.fhir import systems
from services.intake.adapters.submissions import ClaimRow

CLAIM_ID = f"{systems.BASE}/NamingSystem/claim-id"
_ANSWERS = {"transaction": "transaction-response", "batch": "batch-response"}


def claim_response(claim_id: str, submission_id: str, created: str) -> dict[str, Any]:
    """`outcome` queued: accepted for adjudication. The patient is named by nothing but the request."""
    return {
        "resourceType": "ClaimResponse",
        "id": claim_id,
        "identifier": [{"system": CLAIM_ID, "value": claim_id}],
        "status": "active",
        "type": {"coding": [{"system": systems.CLAIM_TYPE, "code": "institutional"}]},
        "use": "claim",
        "patient": {"display": "the patient of the request"},
        "created": created,
        "insurer": {"display": "Huiji"},
        "request": {"identifier": {"system": systems.SETTLEMENT_ID, "value": submission_id}},
        "outcome": "queued",
        "disposition": "Registered as a claim; adjudication follows.",
    }


def of_row(row: ClaimRow) -> dict[str, Any]:
    """The ClaimResponse of a claim that intake knows."""
    return claim_response(row.claim_id, row.submission_id, row.received_at.isoformat())


def answer_to(body: bytes, response: dict[str, Any]) -> dict[str, Any]:
    """The ClaimResponse itself, or a response Bundle with one entry per entry when a transaction or batch was sent."""
    sent = orjson.loads(body)
    answer_type = _ANSWERS.get(sent["type"])
    if answer_type is None:
        return response
    entries = []
    for entry in sent.get("entry", ()):
        answered: dict[str, Any] = {"response": {"status": "202 Accepted"}}
        if (entry.get("resource") or {}).get("resourceType") == "Claim":
            answered["response"]["location"] = f"ClaimResponse/{response['id']}"
            answered["resource"] = response
        entries.append(answered)
    return {"resourceType": "Bundle", "type": answer_type, "entry": entries}
