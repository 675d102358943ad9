"""An event on its way into a log, and one that is recorded there."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from libs import contracts
from libs.contracts import Event


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A recorded event: its place in the log, its envelope, and its body as the bytes that were hashed.

    A Struct, because one is made at every stop of every event, and a frozen dataclass takes ten times as long; a
    changed copy is made by `msgspec.structs.replace`.
    """

    source: str
    shard: int
    position: int
    stream_id: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    subject: str
    recorded_at: datetime
    caused_by: UUID | None
    traceparent: str | None
    body: bytes
    hash: bytes

    def decode(self) -> Event:
        """The event in its newest shape. Raises a `libs.contracts` error when it cannot be read."""
        return contracts.decode(self.type, self.schema_version, self.body)


class Append(msgspec.Struct, frozen=True):
    """Events for one stream that is expected at `expected_version` (0: it does not exist yet).

    `cause` is the recorded event that led to them: they inherit its trace and name it as their cause.
    """

    stream_id: str
    expected_version: int
    events: Sequence[Event]
    cause: Recorded | None = None
    traceparent: str | None = None


def shard_of(key: str, shards: int) -> int:
    """The shard of a key: stable across processes, versions and languages (first 8 bytes of SHA-256, big endian)."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % shards
