"""Drafts a realistic sample of any event: values from one story, and for fields it does not tell, from their schema."""

import base64
import hashlib
from typing import Any

from libs.contracts.event import Event
from libs.contracts.story import STORY

_SEAL = r"^s1\."
_PERSON = "^p_"
_REGION = "^[0-9]{6}$"


def sample_of(kind: type[Event]) -> Event:
    """A valid event in which every field says something. The same for the same model."""
    schema = kind.model_json_schema(mode="validation")
    return kind.model_validate(_object(schema, schema.get("$defs", {}), kind.__name__))


def _object(schema: dict[str, Any], definitions: dict[str, Any], name: str) -> dict[str, Any]:
    if name in STORY:
        told: dict[str, Any] = STORY[name]
        return told
    fields = schema.get("properties", {})
    return {field: _value(part, definitions, name, field) for field, part in fields.items()}


def _value(schema: dict[str, Any], definitions: dict[str, Any], owner: str, field: str) -> Any:
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    for name in (f"{owner}.{field}", field):
        # Another model's list of values under the same name tells nothing of this one.
        if name in STORY and STORY[name] in schema.get("enum", [STORY[name]]):
            return STORY[name]
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _object(definitions[name], definitions, name)
    if schema.get("type") == "array":
        return [_value(schema["items"], definitions, owner, f"{field}[]")]
    if "enum" in schema or "const" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    return _plain(schema, owner, field)


def _plain(schema: dict[str, Any], owner: str, field: str) -> Any:
    """A value that the story does not tell."""
    match schema.get("type"):
        case "boolean":
            return False
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "object":
            return {}
        case "string":
            return _text(schema, owner, field)
        case _:
            return None


def _text(schema: dict[str, Any], owner: str, field: str) -> str:
    digest = hashlib.sha256(f"{owner}.{field}".encode())
    pattern = schema.get("pattern", "")
    if pattern.startswith(_SEAL):
        noise = b"".join(hashlib.sha256(f"{owner}.{field}.{part}".encode()).digest() for part in range(4))
        return f"s1.{digest.hexdigest()[:32]}.{base64.urlsafe_b64encode(noise).rstrip(b'=').decode()}"
    if pattern.startswith(_PERSON):
        return f"p_{digest.hexdigest()[:32]}"
    if pattern == _REGION:
        return "320500"
    match schema.get("format"):
        case "date":
            return "2026-03-15"
        case "date-time":
            return "2026-03-15T08:30:15Z"
        case "uuid":
            return str(STORY["claim_id"])
        case _:
            return (
                digest.hexdigest() if field.endswith("digest") else field.removesuffix("[]").replace("_", "-")
            )
