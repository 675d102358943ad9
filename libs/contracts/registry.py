"""The catalogue of published events, and the way from bytes to model and back.

Old versions are upcast on reading, step by step, as raw JSON objects: the models know only the newest shape.
"""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from libs.contracts import (
    access,
    adjudication,
    charity,
    enrolment,
    fraud,
    insurers,
    intake,
    medical_data,
    one_stop,
    operations,
    payout,
    preauthorisation,
    rulings,
)
from libs.contracts.event import Event, written
from libs.contracts.upcasters import UPCASTERS


class ContractError(Exception):
    """An event's bytes cannot be read by this version of the code."""

    code = "contract_error"


class UnknownEventType(ContractError):
    """No published event has this type."""

    code = "unknown_event_type"

    def __init__(self, type_name: str) -> None:
        super().__init__(f"no published event is called {type_name!r}")


class EventTooNew(ContractError):
    """The event was written by newer code: process it after the upgrade."""

    code = "event_too_new"

    def __init__(self, type_name: str, version: int, known: int) -> None:
        super().__init__(f"{type_name} version {version} is newer than the known version {known}")


class EventUnreadable(ContractError):
    """The body does not fit its own contract. The message names fields, never values: they may be personal."""

    code = "event_unreadable"

    def __init__(self, type_name: str, version: int, cause: ValidationError) -> None:
        fields = ", ".join(
            f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['type']}" for error in cause.errors()[:5]
        )
        super().__init__(f"{type_name} version {version} does not fit its contract ({fields})")


class UpcasterMissing(ContractError):
    """A type's version was raised without a step from the one before."""

    code = "upcaster_missing"

    def __init__(self, type_name: str, version: int) -> None:
        super().__init__(f"there is no step from {type_name} version {version} to the next")


def _events_of(module: ModuleType) -> tuple[type[Event], ...]:
    """The module's own event classes; one that others extend is only their common part."""
    own = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Event)]
    return tuple(kind for kind in own if kind.__module__ == module.__name__ and not kind.__subclasses__())


PUBLISHED: Mapping[str, tuple[type[Event], ...]] = MappingProxyType(
    {
        # What operators do to a service is recorded in that service's own log.
        module.__name__.rsplit(".", 1)[-1]: _events_of(module) + _events_of(operations)
        for module in (intake, enrolment, medical_data, fraud, adjudication, payout, charity)
    }
    | {
        # A claim's process, what people decide about it and stays that are planned are one log; so are payments and
        # what insurers bear.
        "adjudication": _events_of(adjudication)
        + _events_of(rulings)
        + _events_of(one_stop)
        + _events_of(preauthorisation)
        + _events_of(operations),
        "payout": _events_of(payout) + _events_of(insurers) + _events_of(operations),
        # What a person agrees to is in the person's stream; what is seen by it is said by the policy beside.
        "enrolment": _events_of(enrolment) + _events_of(access) + _events_of(operations),
    }
)
_BY_TYPE: dict[str, type[Event]] = {kind.__name__: kind for kinds in PUBLISHED.values() for kind in kinds}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _BY_TYPE.items()}


def event_type(event: Event) -> str:
    """The stable type name of an event."""
    return type(event).__name__


def latest_version(type_name: str) -> int:
    """The newest version of a type that this code writes and reads. Raises UnknownEventType."""
    kind = _BY_TYPE.get(type_name)
    if kind is None:
        raise UnknownEventType(type_name)
    return kind.schema_version


def knows(type_name: str, version: int) -> bool:
    """Whether this code reads events of this type and version; what it does not read was written by newer code."""
    kind = _BY_TYPE.get(type_name)
    return kind is not None and version <= kind.schema_version


def encode(event: Event) -> bytes:
    """The event's body: UTF-8 JSON in the field order of its model."""
    return written(vars(event))


def decode(type_name: str, version: int, body: bytes) -> Event:
    """The event in its newest shape. Raises UnknownEventType, EventTooNew, EventUnreadable or UpcasterMissing."""
    newest = newest_body(type_name, version, body)
    try:
        event: Event = _ADAPTERS[type_name].validate_json(newest)
    except ValidationError as error:
        raise EventUnreadable(type_name, version, error) from None
    return event


def newest_body(type_name: str, version: int, body: bytes) -> bytes:
    """The body as the newest version has it. Raises UnknownEventType, EventTooNew or UpcasterMissing."""
    known = latest_version(type_name)
    if version == known:
        return body
    if version > known:
        raise EventTooNew(type_name, version, known)
    try:
        raw: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body  # the newest contract will say what is wrong with it
    for step in range(version, known):
        upcast = UPCASTERS.get((type_name, step))
        if upcast is None:
            raise UpcasterMissing(type_name, step)
        raw = upcast(raw)
    return orjson.dumps(raw)
