"""Reasons of a refusal → OperationOutcome, which is how FHIR says no."""

from collections.abc import Iterable
from typing import Any

from libs.contracts.intake import RefusalReason

# Our codes → the IssueType value set that R4 requires.
_ISSUE_TYPES = {
    "malformed_json": "structure",
    "not_a_bundle": "structure",
    "unknown_element": "structure",
    "wrong_type": "structure",
    "missing": "required",
    "settlement_missing": "required",
    "reference_unresolved": "not-found",
    "unknown_code": "code-invalid",
    "too_long": "too-long",
    "duplicate": "duplicate",
    "not_an_amount": "value",
    "not_a_date": "value",
    "wrong_format": "value",
    "wrong_currency": "value",
    "id_number_invalid": "value",
}
DEFAULT_ISSUE_TYPE = "business-rule"


def operation_outcome(reasons: Iterable[RefusalReason], severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome with one issue per reason; `details.text` carries our own code."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(reason, severity) for reason in reasons]}


def _issue(reason: RefusalReason, severity: str) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": severity,
        "code": _ISSUE_TYPES.get(reason.code, DEFAULT_ISSUE_TYPE),
        "details": {"text": reason.code},
        "diagnostics": reason.sentence,
    }
    # R4 forbids an empty expression: a problem of the body as a whole has none.
    return {**issue, "expression": [reason.location]} if reason.location else issue
