"""A claim as FHIR says it: a ClaimResponse that is queued, or cancelled; alone or in the answer to a transaction."""

from typing import Any

import orjson

from libs.interop.fhir import systems
from services.intake.domain.filing import Accepted, Filed, Status

CLAIM_ID = f"{systems.BASE}/NamingSystem/claim-id"
_ANSWERS = {"transaction": "transaction-response", "batch": "batch-response"}
_DISPOSITIONS: dict[Status, str] = {
    "registered": "Registered as a claim; adjudication follows.",
    "corrected": "Corrected; adjudication of the new revision follows.",
    "withdrawn": "Withdrawn: the settlement was undone.",
}


def _claim_response(
    claim_id: str, submission_id: str, created: str, status: Status, revision: int
) -> dict[str, Any]:
    """`outcome` queued: accepted for adjudication. The patient is named by nothing but the request."""
    return {
        "resourceType": "ClaimResponse",
        "id": claim_id,
        "meta": {"versionId": str(revision)},
        "identifier": [{"system": CLAIM_ID, "value": claim_id}],
        "status": "cancelled" if status == "withdrawn" else "active",
        "type": {"coding": [{"system": systems.CLAIM_TYPE, "code": "institutional"}]},
        "use": "claim",
        "patient": {"display": "the patient of the request"},
        "created": created,
        "insurer": {"display": "Huiji"},
        "request": {"identifier": {"system": systems.SETTLEMENT_ID, "value": submission_id}},
        "outcome": "complete" if status == "withdrawn" else "queued",
        "disposition": _DISPOSITIONS[status],
    }


def of_accepted(accepted: Accepted, submission_id: str) -> dict[str, Any]:
    """The ClaimResponse to what was accepted."""
    return _claim_response(
        accepted.claim_id,
        submission_id,
        accepted.received_at.isoformat(),
        accepted.status,
        accepted.current_revision,
    )


def of_filed(filed: Filed) -> dict[str, Any]:
    """The ClaimResponse of a claim that intake knows."""
    latest = filed.withdrawal or filed.current
    return _claim_response(
        filed.claim_id,
        filed.submission_id,
        latest.received_at.isoformat(),
        filed.status,
        filed.current.number,
    )


def answer_to(body: bytes, response: dict[str, Any]) -> dict[str, Any]:
    """The ClaimResponse itself, or a response Bundle with one entry per entry when a transaction or batch was sent."""
    sent = orjson.loads(body)
    answer_type = _ANSWERS.get(sent["type"]) if sent["resourceType"] == "Bundle" else None
    if answer_type is None:
        return response
    entries = []
    for entry in sent.get("entry", ()):
        answered: dict[str, Any] = {"response": {"status": "202 Accepted"}}
        if (entry.get("resource") or {}).get("resourceType") == "Claim":
            answered["response"]["location"] = f"ClaimResponse/{response['id']}"
            answered["response"]["etag"] = f'W/"{response["meta"]["versionId"]}"'
            answered["resource"] = response
        entries.append(answered)
    return {"resourceType": "Bundle", "type": answer_type, "entry": entries}
