"""The structural gate: is it R4 at all? Schema checks per resource, before anything is read from them."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from libs.interop.reading import MAX_REASONS, Problems

MAX_ENTRIES = 1_000

RESOURCES = (
    "Bundle",
    "Claim",
    "ClaimResponse",
    "Condition",
    "Coverage",
    "Encounter",
    "ExplanationOfBenefit",
    "MessageHeader",
    "Organization",
    "Patient",
    "Procedure",
)

_PROPERTY = re.compile(r"[A-Za-z_]\w{0,60}\Z", re.ASCII)
_CODES = {"Required": "missing", "AdditionalProperties": "unknown_element", "Type": "wrong_type"}


@cache
def _validator(resource_type: str) -> jsonschema_rs.Draft6Validator:
    text = (files("libs.interop.fhir") / "data" / "r4.schema.json").read_bytes()
    schema = orjson.loads(text)
    root = {"$schema": schema["$schema"], "$ref": f"#/definitions/{resource_type}"}
    return jsonschema_rs.Draft6Validator({**root, "definitions": schema["definitions"]})


def check_structure(bundle: dict[str, Any], problems: Problems) -> None:
    """Note every place where the Bundle or a resource in it that Huiji reads breaks the R4 schema.

    Resources of other types are carried along unread, so they are not checked.
    """
    if bundle.get("resourceType") != "Bundle":
        problems.add("not_a_bundle", "Bundle", "the body must be a FHIR R4 Bundle")
        return
    _check("Bundle", bundle, "Bundle", problems)
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return
    if len(entries) > MAX_ENTRIES:
        problems.add("too_long", "Bundle.entry", f"a Bundle has at most {MAX_ENTRIES} entries")
        return
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") in RESOURCES:
            _check(resource["resourceType"], resource, f"Bundle.entry[{index}].resource", problems)


def check_resource(resource_type: str, resource: dict[str, Any], problems: Problems) -> None:
    """Note every place where a resource that is sent alone breaks the R4 schema."""
    if resource.get("resourceType") != resource_type:
        problems.add(
            f"not_a_{resource_type.lower()}", resource_type, f"the body must be a FHIR R4 {resource_type}"
        )
        return
    _check(resource_type, resource, resource_type, problems)


def _check(resource_type: str, resource: dict[str, Any], at: str, problems: Problems) -> None:
    validator = _validator(resource_type)
    if validator.is_valid(resource):
        return
    for count, error in enumerate(validator.iter_errors(resource)):
        if count >= MAX_REASONS:
            return
        kind = type(error.kind).__name__.rsplit("_", 1)[-1]
        problems.add(
            _CODES.get(kind, "wrong_format"), fhirpath(at, error.instance_path), _sentence(kind, error.kind)
        )


def fhirpath(at: str, path: list[str | int]) -> str:
    """A FHIRPath such as Bundle.entry[0].resource.item[1].net from a start and the steps below it."""
    return at + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _sentence(kind: str, detail: Any) -> str:
    """What the schema asked for, without the value that it found: that may be personal."""
    if kind == "Required":
        return f"{detail.property} is required"
    if kind == "AdditionalProperties":
        named = [name for name in detail.unexpected if _PROPERTY.match(name)]
        return f"R4 has no element {', '.join(named) or 'of this name'} here"
    if kind == "Type":
        return "the JSON type is not the one R4 prescribes"
    if kind == "Enum":
        return "the code is not in the value set that R4 requires"
    if kind == "Pattern":
        return "the value has not the format of its R4 type"
    return f"the R4 schema is not met ({kind})"
