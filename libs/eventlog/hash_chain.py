"""Each event's hash covers the previous one of its shard, so nothing can be changed, dropped or moved unseen.

hash = SHA-256(previous hash ‖ for each field below, in order: 4-byte big-endian length ‖ UTF-8 bytes).
A verifier needs no code of ours: fields are text as written here, times ISO 8601 in UTC with microseconds.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from libs.eventlog.errors import ChainBroken
from libs.eventlog.event import Recorded

GENESIS = bytes(32)


def link(previous: bytes, event: Recorded) -> bytes:
    """The hash of `event` after `previous`; the event's own `hash` field is not read."""
    return chain(previous, event.position, around_position(event))


def around_position(event: Recorded) -> tuple[bytes, bytes]:
    """The hashed bytes before and after the position: all that can be prepared before the shard is locked."""
    before = (event.source.encode(), b"%d" % event.shard)
    after = (
        event.stream_id.encode(),
        b"%d" % event.version,
        str(event.event_id).encode(),
        event.type.encode(),
        b"%d" % event.schema_version,
        event.subject.encode(),
        _in_utc(event.recorded_at),
        str(event.caused_by).encode() if event.caused_by else b"",
        (event.traceparent or "").encode(),
        event.body,
    )
    return b"".join(map(_with_length, before)), b"".join(map(_with_length, after))


def chain(previous: bytes, position: int, around: tuple[bytes, bytes]) -> bytes:
    """The hash of what `around_position` prepared, once its place in the chain is known."""
    before, after = around
    return hashlib.sha256(previous + before + _with_length(b"%d" % position) + after).digest()


def _with_length(field: bytes) -> bytes:
    return len(field).to_bytes(4, "big") + field


@lru_cache(maxsize=256)  # the events of one transaction share their time
def _in_utc(moment: datetime) -> bytes:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").encode()


def verify_chain(events: Iterable[Recorded], previous: bytes = GENESIS, after: int = 0) -> tuple[int, bytes]:
    """Walk one shard's events from position `after` + 1. Returns the last position and hash.

    Raises ChainBroken at the first event whose position or hash does not follow.
    """
    position = after
    for event in events:
        if event.position != position + 1:
            raise ChainBroken(
                event.source, event.shard, position + 1, f"found position {event.position} instead"
            )
        if link(previous, event) != event.hash:
            raise ChainBroken(
                event.source, event.shard, event.position, "the hash does not match the content"
            )
        position, previous = event.position, event.hash
    return position, previous
