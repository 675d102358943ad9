"""What requests carry, for the OpenAPI document: bodies are read by hand, so the framework cannot tell."""

from typing import Any, Final

from libs.interop.fhir import systems
from libs.interop.national.cancellation_schema import BASED_ON, REASON, cancellation_schema
from libs.interop.national.schema import national_schema

Json = dict[str, Any]

_FHIR = "application/fhir+json"


def _body(schema: Json, *content_types: str, required: bool = True) -> Json:
    content = {content_type: {"schema": schema} for content_type in content_types}
    return {"requestBody": {"required": required, "content": content}}


def _embedded(schema: Json) -> Json:
    return {name: part for name, part in schema.items() if name not in ("$schema", "$id")}


def _resource(resource_type: str, description: str) -> Json:
    return {
        "title": f"FHIR R4 {resource_type}",
        "description": description,
        "externalDocs": {"url": f"https://hl7.org/fhir/R4/{resource_type.lower()}.html"},
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": resource_type}},
    }


_SETTLEMENT: Final = _embedded(national_schema())
_ANY: Final[Json] = {"anyOf": [_SETTLEMENT, _embedded(cancellation_schema())]}

#: A settlement whose payment is asked for.
ONE: Final = _body(_SETTLEMENT, "application/json")
#: A settlement, a correction or a cancellation, or an array of them.
ONE_OR_MANY: Final = _body({"anyOf": [_ANY, {"type": "array", "items": _ANY}]}, "application/json")
CORRECTION: Final = _body(_SETTLEMENT, "application/json")
CANCELLATION: Final = _body(
    {"type": "object", "properties": {"reason": REASON, "based_on_revision": BASED_ON}},
    "application/json",
    required=False,
)
BUNDLE: Final = _body(
    _resource(
        "Bundle",
        "A discharge with its settlement. Claim.related to its own settlement (identifier system"
        f" {systems.SETTLEMENT_ID}) makes it a correction, Claim.status cancelled or entered-in-error a cancellation.",
    ),
    _FHIR,
    "application/json",
)
PLANNED: Final = _body(
    {"title": "The settlement of a planned stay", "type": "object"}, "application/json", _FHIR
)
CLAIM: Final = _body(
    _resource("Claim", "A Claim whose status is cancelled or entered-in-error: its settlement is undone."),
    _FHIR,
    "application/json",
)
