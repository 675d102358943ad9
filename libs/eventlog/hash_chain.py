"""Each event's hash covers the previous one of its shard, so nothing can be changed, dropped or moved unseen.

hash = SHA-256(previous hash ‖ for each field below, in order: 4-byte big-endian length ‖ UTF-8 bytes).
A verifier needs no code of ours: fields are text as written here, times ISO 8601 in UTC with microseconds.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from libs.eventlog.errors import ChainBroken
from libs.eventlog.event import Recorded

GENESIS = bytes(32)

_length = struct.Struct(">I").pack


def link(previous: bytes, event: Recorded) -> bytes:
    """The hash of `event` after `previous`; the event's own `hash` field is not read."""
    before, after = _texts(event)
    digits = b"%d" % event.position
    return sha256(b"".join((previous, before, _length(len(digits)), digits, *after))).digest()


def around_position(event: Recorded) -> tuple[bytes, bytes]:
    """The hashed bytes before and after the position: all that can be prepared before the shard is locked."""
    before, after = _texts(event)
    return before, b"".join(after)


def chain(previous: bytes, position: int, around: tuple[bytes, bytes]) -> bytes:
    """The hash of what `around_position` prepared, once its place in the chain is known."""
    before, after = around
    digits = b"%d" % position
    return sha256(b"".join((previous, before, _length(len(digits)), digits, after))).digest()


def _texts(event: Recorded) -> tuple[bytes, tuple[bytes, ...]]:
    """What is hashed before and after the position; in pieces, so that who has all of them copies a body once."""
    stream, subject = event.stream_id.encode(), event.subject.encode()
    cause = str(event.caused_by).encode() if event.caused_by else b""
    trace = event.traceparent.encode() if event.traceparent else b""
    event_id, moment, body = str(event.event_id).encode(), in_utc(event.recorded_at), event.body
    # Spelt out, and what many events share is kept with its length: this runs for every event that is recorded or
    # replayed, and a loop over the fields took three times as long.
    return _place(event.source, event.shard), (
        _length(len(stream)), stream, _numbered(event.version), _length(len(event_id)), event_id,
        _named(event.type), _numbered(event.schema_version), _length(len(subject)), subject,
        _length(len(moment)), moment, _length(len(cause)), cause, _length(len(trace)), trace,
        _length(len(body)), body,
    )  # fmt: skip


@lru_cache(maxsize=1_024)
def _place(source: str, shard: int) -> bytes:
    return _named(source) + _numbered(shard)


@lru_cache(maxsize=1_024)  # types and sources
def _named(name: str) -> bytes:
    text = name.encode()
    return _length(len(text)) + text


@lru_cache(maxsize=1_024)  # shards, and the versions that most streams have
def _numbered(number: int) -> bytes:
    digits = b"%d" % number
    return _length(len(digits)) + digits


def in_utc(moment: datetime) -> bytes:
    """A time as it is hashed and sent: ISO 8601 in UTC with microseconds."""
    # The events of one transaction share their time. Only the last is remembered: to find one among several by its
    # hash took longer than all else here (a read event's time is an object of its own).
    global _last_said
    last, text = _last_said
    if moment != last:
        text = _in_utc(moment)
        _last_said = moment, text
    return text


def _in_utc(moment: datetime) -> bytes:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").encode()


_EARLIEST = datetime.min.replace(tzinfo=UTC)
_last_said = _EARLIEST, _in_utc(_EARLIEST)


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
