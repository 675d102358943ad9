"""The event kernel: gapless append per shard, relay, exactly-once consumer, parking, hash chain."""

from libs.eventlog.consumer import Consumer
from libs.eventlog.errors import (
    ChainBroken,
    ConcurrencyConflict,
    EventLogError,
    SourceUnreachable,
    TooManyParked,
    is_operational,
)
from libs.eventlog.event import Append, Recorded, shard_of
from libs.eventlog.handling import Handler
from libs.eventlog.hash_chain import verify_chain
from libs.eventlog.log import EventLog, UnitOfWork
from libs.eventlog.relay import Relay
from libs.eventlog.source import Source
from libs.eventlog.states import Loaded, States

__all__ = [
    "Append",
    "ChainBroken",
    "ConcurrencyConflict",
    "Consumer",
    "EventLog",
    "EventLogError",
    "Handler",
    "Loaded",
    "Recorded",
    "Relay",
    "Source",
    "SourceUnreachable",
    "States",
    "TooManyParked",
    "UnitOfWork",
    "is_operational",
    "shard_of",
    "verify_chain",
]
