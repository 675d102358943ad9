"""Copies of recorded events: rows for PostgreSQL's binary COPY, with new ids, positions, and hashes that chain."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np

from libs.eventlog import Recorded, shard_of
from libs.eventlog.hash_chain import around_position, in_utc
from tests.benchmarks.renaming import Renamable, ids_in, renamed_one

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
FIELDS = (
    "shard", "position", "stream_id", "version", "event_id", "type", "schema_version", "subject", "recorded_at",
    "caused_by", "traceparent", "body", "hash",
)  # fmt: skip
# A row is the number of its fields, and each field's length before it.
_SHARD, _POSITION = 2 + 4, 2 + 4 + 4 + 4
_HASH_BYTES = 32
_POSTGRES_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_length = struct.Struct(">i").pack


@dataclass(slots=True)
class Ends:
    """Where each shard of a log ends by now."""

    position: dict[int, int] = field(default_factory=dict)
    hash: dict[int, bytes] = field(default_factory=dict)


class EventPage:
    """Some recorded events in the order of their shards, ready to be copied. `keys`: the shard key of each."""

    def __init__(self, events: Sequence[Recorded], keys: Sequence[bytes]) -> None:
        self._keys = keys
        self._renamed_keys = [ids_in(key) for key in keys]
        rows, hashed = _Text(), _Text()
        self._row_ends: list[int] = []
        self._hashed_ends = [0]
        for event in events:
            texts = _Texts.of(event)
            _add_row(rows, event, texts)
            _add_hashed(hashed, event, texts)
            self._row_ends.append(len(rows.written))
            self._hashed_ends.append(len(hashed.written))
        self._rows = Renamable(bytes(rows.written), rows.ids, rows.uuids)
        self._hashed = Renamable(bytes(hashed.written), hashed.ids)
        starts = np.array([0, *self._row_ends[:-1]], np.int64)
        self._shards_at = starts[:, None] + np.arange(_SHARD, _SHARD + 4)
        self._positions_at = starts[:, None] + np.arange(_POSITION, _POSITION + 8)
        self._hashes_at = np.array(self._row_ends, np.int64)[:, None] + np.arange(-_HASH_BYTES, 0)
        source = events[0].source.encode()  # of all: they are of one log
        self._source = _length(len(source)) + source

    @classmethod
    def of_somebodys(cls, events: Iterable[Recorded], keys: Mapping[str, bytes]) -> "EventPage | None":
        """Of the events whose stream has an id, which a copy changes; an insurer's has a name. `keys` by stream."""
        chosen = [event for event in events if ids_in(event.stream_id.encode())]
        return cls(chosen, [keys[event.stream_id] for event in chosen]) if chosen else None

    def copy(self, number: int, ends: Ends) -> bytes:
        """The rows of this copy, put at the ends of their shards."""
        rows, hashed = self._rows.copy(number), memoryview(self._hashed.copy(number).data)
        shards, positions, hashes = [], [], []
        at = self._hashed_ends
        shard_of_key = _Shards(number, len(ends.position))
        for index, key in enumerate(self._keys):
            shard = shard_of_key(key, self._renamed_keys[index])
            position = ends.position[shard] + 1
            digits, of_shard = b"%d" % position, b"%d" % shard
            before = b"".join(
                (
                    ends.hash[shard],
                    self._source,
                    _length(len(of_shard)),
                    of_shard,
                    _length(len(digits)),
                    digits,
                )
            )
            hashing = sha256(before)
            hashing.update(hashed[at[index] : at[index + 1]])
            ends.position[shard], ends.hash[shard] = position, hashing.digest()
            shards.append(shard)
            positions.append(position)
            hashes.append(ends.hash[shard])
        rows[self._shards_at] = np.array(shards, ">i4").view(np.uint8).reshape(-1, 4)
        rows[self._positions_at] = np.array(positions, ">i8").view(np.uint8).reshape(-1, 8)
        rows[self._hashes_at] = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, _HASH_BYTES)
        return rows.tobytes()


class _Shards:
    """The shards of a copy's people."""

    def __init__(self, copy: int, shards: int) -> None:
        self._copy = copy
        self._shards = shards
        self._known: dict[bytes, int] = {}

    def __call__(self, key: bytes, ids_at: Iterable[int]) -> int:
        known = self._known.get(key)
        if known is None:
            renamed = renamed_one(key, ids_at, self._copy)
            known = self._known[key] = shard_of(renamed.decode(), self._shards)
        return known


@dataclass(slots=True)
class _Text:
    """Bytes that grow, with the places of the ids in them."""

    written: bytearray = field(default_factory=bytearray)
    ids: list[int] = field(default_factory=list)
    uuids: list[int] = field(default_factory=list)

    def add(self, text: bytes, ids_at: Iterable[int]) -> None:
        start = len(self.written)
        self.ids += [start + at for at in ids_at]
        self.written += text


@dataclass(slots=True)
class _Texts:
    """What an event has in words, and where the ids in it begin: looking for them takes longer than all else."""

    stream: bytes
    stream_ids: list[int]
    subject: bytes
    subject_ids: list[int]
    body_ids: list[int]

    @classmethod
    def of(cls, event: Recorded) -> "_Texts":
        stream, subject = event.stream_id.encode(), event.subject.encode()
        return cls(stream, ids_in(stream), subject, ids_in(subject), ids_in(event.body))


def _add_row(rows: _Text, event: Recorded, texts: _Texts) -> None:
    rows.written += struct.pack(">hiiiqi", len(FIELDS), 4, event.shard, 8, event.position, len(texts.stream))
    rows.add(texts.stream, texts.stream_ids)
    rows.written += struct.pack(">iii", 4, event.version, 16)
    rows.uuids.append(len(rows.written))
    rows.written += event.event_id.bytes + _length(len(event.type)) + event.type.encode()
    rows.written += struct.pack(">ihi", 2, event.schema_version, len(texts.subject))
    rows.add(texts.subject, texts.subject_ids)
    rows.written += struct.pack(">iq", 8, (event.recorded_at - _POSTGRES_EPOCH) // _MICROSECOND)
    if event.caused_by is None:
        rows.written += _length(-1)
    else:
        rows.uuids.append(len(rows.written) + 4)
        rows.written += _length(16) + event.caused_by.bytes
    trace = event.traceparent
    rows.written += _length(-1) if trace is None else _length(len(trace)) + trace.encode()
    rows.written += _length(len(event.body))
    rows.add(event.body, texts.body_ids)
    rows.written += _length(_HASH_BYTES) + event.hash


def _add_hashed(hashed: _Text, event: Recorded, texts: _Texts) -> None:
    """What is hashed after the position, field by field as `around_position` has it."""
    rest = around_position(event)[1]
    event_id_at = 4 + len(texts.stream) + 4 + len(str(event.version)) + 4
    body_at = len(rest) - len(event.body)
    cause = 36 if event.caused_by else 0
    cause_at = body_at - 4 - len(event.traceparent or "") - 4 - cause
    subject_at = cause_at - 4 - len(in_utc(event.recorded_at)) - 4 - len(texts.subject)
    ids = [event_id_at, *(4 + at for at in texts.stream_ids), *(subject_at + at for at in texts.subject_ids)]
    if cause:
        ids.append(cause_at)
    hashed.add(rest, [*ids, *(body_at + at for at in texts.body_ids)])
