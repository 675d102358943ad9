"""Where two states of one kind differ, for who reads a finding: a path of names, and no values."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec


def difference(one: Any, other: Any) -> str | None:
    """The first place at which they differ; None when they are the same, and in the same order."""
    found = _path(one, other)
    return None if found is None else ".".join(found)


def _path(one: Any, other: Any) -> list[str] | None:
    match one, other:
        # Who says itself what is equal is asked: a bill is the same as its event and as the event's bytes.
        case (msgspec.Struct(), msgspec.Struct()) if type(one) is type(other) and one.__struct_config__.eq:
            names = one.__struct_fields__
            return _first((name, getattr(one, name), getattr(other, name)) for name in names)
        case _ if is_dataclass(one) and type(one) is type(other):
            return _first(
                (part.name, getattr(one, part.name), getattr(other, part.name)) for part in fields(one)
            )
        case (Mapping(), Mapping()):
            # Their order counts: what came last is often looked for.
            if list(one) == list(other):
                return _first((str(key), one[key], other[key]) for key in one)
            return [str(next((key for key in (*one, *other) if (key in one) != (key in other)), "order"))]
        case (tuple() | list(), tuple() | list()) if len(one) == len(other):
            return _first((str(at), a, b) for at, (a, b) in enumerate(zip(one, other, strict=True)))
        case _:
            return None if one == other else []


def _first(parts: Any) -> list[str] | None:
    for name, one, other in parts:
        found = _path(one, other)
        if found is not None:
            return [name, *found]
    return None
