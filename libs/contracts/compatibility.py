"""Whether a contract may take the place of an earlier one.

A history keeps every event for ever, and services are upgraded one after the other. So within one version new code
must read all old events and old code all new ones: only new optional fields and new types may come. Anything else
raises `schema_version` (old readers then wait for their upgrade) and adds the upcaster from the version before.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libs.contracts.schemas import Contract, Schema

#: They say something to people and constrain nothing.
_ANNOTATIONS = frozenset(
    {"title", "description", "examples", "$defs", "$schema", "$id", "default", "deprecated"}
)
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_COMPARED_APART = frozenset(
    {"type", "properties", "required", "items", "additionalProperties", "anyOf", "enum", "const"}
    | {*_LOWER_BOUNDS, *_UPPER_BOUNDS}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contract must not change as it did, and what would be right."""

    contract: Contract
    sentence: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.sentence}"


def refusals(
    released: Mapping[Contract, Schema],
    current: Mapping[Contract, Schema],
    upcasters: Collection[tuple[str, int]],
) -> list[Refusal]:
    """Everything by which `current` breaks what was `released`. `upcasters`: (type, from version) that exist."""
    found: list[Refusal] = []
    now = {(contract.context, contract.type): contract for contract in current}
    newest: dict[tuple[str, str], Contract] = {}
    for contract in sorted(released):
        newest[contract.context, contract.type] = contract
    for name, before in newest.items():
        after = now.get(name)
        if after is None:
            found.append(Refusal(before, "the type is gone; histories keep its events: keep the model"))
        elif after.version < before.version:
            found.append(Refusal(after, f"the version went back from {before.version}"))
        elif after.version == before.version:
            found += [
                Refusal(after, f"{change}; raise schema_version and add an upcaster from {after.version}")
                for change in incompatible_changes(released[before], current[after])
            ]
    for contract in sorted(released):
        after = now.get((contract.context, contract.type))
        if after is not None and contract.version < after.version:
            steps = range(contract.version, after.version)
            missing = [step for step in steps if (contract.type, step) not in upcasters]
            found += [Refusal(contract, f"no upcaster from version {step} to {step + 1}") for step in missing]
    return found


def incompatible_changes(before: Schema, after: Schema) -> list[str]:
    """What in `after` would break a reader of `before`, or of old events; a sentence each, with the field's path."""
    return list(_Comparison(before, after).changes(before, after, "", frozenset()))


class _Comparison:
    """Walks two schemas side by side, following references into their own definitions."""

    def __init__(self, before: Schema, after: Schema) -> None:
        self._before = before.get("$defs", {})
        self._after = after.get("$defs", {})

    def changes(
        self, before: Schema, after: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        """`seen`: pairs of references being compared further up, so that recursive models end."""
        refs = (before.get("$ref", ""), after.get("$ref", ""))
        if refs in seen:
            return
        seen |= {refs} if all(refs) else set()
        before, after = _resolved(before, self._before), _resolved(after, self._after)
        if "anyOf" in before or "anyOf" in after:
            yield from self._alternatives(before, after, path, seen)
            return
        if _kind(before) != _kind(after):
            yield f"{_at(path)} was {_kind(before)} and is {_kind(after)}"
            return
        yield from _value_changes(before, after, path)
        if _kind(before) == "object":
            yield from self._properties(before, after, path, seen)
        for name, suffix in (("items", "[]"), ("additionalProperties", ".*")):
            old, new = before.get(name), after.get(name)
            if isinstance(old, dict) and isinstance(new, dict):
                yield from self.changes(old, new, path + suffix, seen)
            elif old != new:
                yield f"{_at(path)} changes {name}"

    def _alternatives(
        self, before: Schema, after: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        old = {_kind(_resolved(each, self._before)): each for each in before.get("anyOf", [before])}
        new = {_kind(_resolved(each, self._after)): each for each in after.get("anyOf", [after])}
        for kind in old.keys() - new.keys():
            yield f"{_at(path)} can no longer be {kind}"
        for kind in new.keys() - old.keys():
            yield f"{_at(path)} can now also be {kind}, which older readers refuse"
        for kind in old.keys() & new.keys():
            yield from self.changes(old[kind], new[kind], path, seen)

    def _properties(
        self, before: Schema, after: Schema, path: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        old: Schema = before.get("properties", {})
        new: Schema = after.get("properties", {})
        required, was_required = set(after.get("required", ())), set(before.get("required", ()))
        for name in old:
            where = f"{path}.{name}" if path else name
            if name not in new:
                yield f"field {where} is gone (removed or renamed)"
                continue
            if name in required - was_required:
                yield f"field {where} is required now, but older events may lack it"
            elif name not in required | was_required and old[name].get("default") != new[name].get("default"):
                yield f"field {where} has another default, so older events would change their meaning"
            yield from self.changes(old[name], new[name], where, seen)
        for name in sorted(new.keys() - old.keys()):
            if name in required:
                yield f"new field {path + '.' if path else ''}{name} is required, but older events lack it"


def _value_changes(before: Schema, after: Schema, path: str) -> Iterator[str]:
    """Changes of what one value may be."""
    old, new = _choices(before), _choices(after)
    if old != new and (old is None or new is None):
        yield f"{_at(path)} {'is' if old is None else 'is no longer'} limited to a list of values"
    elif old is not None and new is not None:
        if gone := sorted(map(str, old - new)):
            yield f"{_at(path)} no longer allows {', '.join(gone)}"
        if come := sorted(map(str, new - old)):
            yield f"{_at(path)} now also allows {', '.join(come)}, which older readers refuse"
    for name in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        if before.get(name) != after.get(name):
            way = "narrower" if _narrower(name, before.get(name), after.get(name)) else "wider"
            yield f"{_at(path)} has a {way} {name}: {before.get(name)} → {after.get(name)}"
    apart = _ANNOTATIONS | _COMPARED_APART
    for name in sorted((before.keys() | after.keys()) - apart):
        if before.get(name) != after.get(name):
            yield f"{_at(path)} changes {name}: {before.get(name)} → {after.get(name)}"


def _narrower(name: str, before: int | float | None, after: int | float | None) -> bool:
    if before is None or after is None:
        return before is None
    return after > before if name in _LOWER_BOUNDS else after < before


def _choices(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """The schema itself, with what stands beside a reference (description, default) kept."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = definitions[reference.rsplit("/", 1)[1]]
    return {**target, **{name: value for name, value in schema.items() if name != "$ref"}}


def _kind(schema: Schema) -> str:
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(sorted(kind))


def _at(path: str) -> str:
    return f"field {path}" if path else "the event"
