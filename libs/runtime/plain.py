"""Any state or event as plain JSON for people: seals are named, not shown."""

import re
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import orjson
from pydantic import BaseModel

SEALED = "(sealed)"
_SEAL = re.compile(r"^s1\.[0-9a-f]{32}\.")


def plain(value: Any) -> Any:
    """`value` as JSON: dataclasses, structs and models by field, tuple keys joined by "/", sets in order."""
    match value:
        case str():
            return SEALED if _SEAL.match(value) else value
        case None | bool() | int() | float():
            return value
        case bytes() | date() | UUID() | Enum():
            return _of_scalar(value)
        case BaseModel():
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {_key(key): plain(part) for key, part in value.items()}
        case Set():
            return sorted((plain(part) for part in value), key=str)
        case list() | tuple():
            return [plain(part) for part in value]
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in _shown(value)}
        case _ if is_dataclass(value):
            return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no plain form")


def _shown(value: msgspec.Struct) -> list[str]:
    """A Struct's fields; one that keeps what people look at in another form says under which name it is."""
    names: Mapping[str, str] = getattr(type(value), "shown", {})
    return [names.get(name, name) for name in value.__struct_fields__]


def _of_scalar(value: bytes | date | UUID | Enum) -> Any:
    if isinstance(value, bytes):
        return _document(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _key(key: object) -> str:
    return "/".join(map(_key, key)) if isinstance(key, tuple) else str(plain(key))


def _document(value: bytes) -> Any:
    """States keep documents as the bytes of their JSON; other bytes are shown in hexadecimal."""
    try:
        return plain(orjson.loads(value))
    except orjson.JSONDecodeError:
        return value.hex()
