"""Every event that Huiji publishes, as a versioned model. Imports nothing of ours but money."""

from libs.contracts.event import ClaimEvent, Event, Fen, Model, PersonEvent, PersonId, Sealed
from libs.contracts.registry import (
    PUBLISHED,
    EventTooNew,
    EventUnreadable,
    UnknownEventType,
    decode,
    encode,
    event_type,
    knows,
    latest_version,
)

__all__ = [
    "PUBLISHED",
    "ClaimEvent",
    "Event",
    "EventTooNew",
    "EventUnreadable",
    "Fen",
    "Model",
    "PersonEvent",
    "PersonId",
    "Sealed",
    "UnknownEventType",
    "decode",
    "encode",
    "event_type",
    "knows",
    "latest_version",
]
