"""The published JSON Schema of a cancellation: our own short document, or the national message as it is."""

from typing import Any

from libs.interop.national import fields
from libs.interop.national.requests import CANCELLING_INTERFACES, MAX_REVISION, REASONS

Json = dict[str, Any]

BASED_ON: Json = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_REVISION,
    "description": "the revision that is corrected or cancelled: refused when there is a newer one",
}
REASON: Json = {"enum": sorted(REASONS), "default": "settlement_cancelled", "description": "why it is undone"}


def cancellation_schema() -> Json:
    """JSON Schema (2020-12). Unknown fields are allowed and ignored."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://huiji.example/schemas/national-cancellation.json",
        "title": "Cancellation of a settlement",
        "anyOf": [_own(), _national()],
    }


def _id(pattern: str, description: str) -> Json:
    return {
        "type": ["string", "integer"],
        "pattern": "^" + pattern.removesuffix(r"\Z") + "$",
        "description": description,
    }


_HOSPITAL = _id(fields.HOSPITAL_ID.pattern, "institution's national code")
_SETTLEMENT = _id(fields.SUBMISSION_ID.pattern, "id of the settlement that is undone")


def _own() -> Json:
    return {
        "title": "Short document",
        "type": "object",
        "required": ["setlinfo", "huiji"],
        "properties": {
            "setlinfo": {
                "type": "object",
                "required": ["fixmedins_code", "setl_id"],
                "properties": {"fixmedins_code": _HOSPITAL, "setl_id": _SETTLEMENT},
            },
            "huiji": {
                "type": "object",
                "required": ["action"],
                "properties": {
                    "action": {"const": "cancel"},
                    "reason": REASON,
                    "based_on_revision": BASED_ON,
                },
            },
        },
    }


def _national() -> Json:
    data: Json = {
        "type": "object",
        "required": ["setl_id"],
        "properties": {
            "setl_id": _SETTLEMENT,
            "mdtrt_id": {"type": "string", "description": "not read"},
            "psn_no": {"type": "string", "description": "not read"},
        },
    }
    return {
        "title": "National message 2208 (outpatient) or 2305 (inpatient), as it is sent to the insurance centre",
        "type": "object",
        "required": ["infno", "fixmedins_code", "input"],
        "properties": {
            "infno": {"enum": sorted(CANCELLING_INTERFACES)},
            "fixmedins_code": _HOSPITAL,
            "input": {"type": "object", "required": ["data"], "properties": {"data": data}},
            "huiji": {"type": "object", "properties": {"reason": REASON, "based_on_revision": BASED_ON}},
        },
    }
