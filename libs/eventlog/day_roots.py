"""The published roots of a log: one per shard and day over the events' hashes, each chained to the one before.

Whoever keeps a copy of the roots can tell later that nothing of the days before was changed, and an event's inclusion
is proved to anyone with some twenty hashes. Pure; `publishing.py` does it to a log.

chain = SHA-256(previous chain ‖ for each field, in order: 4-byte big-endian length ‖ UTF-8 text); the fields are
source, shard, number, day, first position, last position, head hash and root, hashes in lower-case hex.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import merkle_root

#: Days begin at midnight in China, which has had one offset and no summer time since 1991.
CITY_TIME = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a tree needs of an event: its place, its chain hash, and when it was recorded."""

    position: int
    recorded_at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True)
class DayRoot:
    """A published root over the events `first_position` to `last_position` of a shard.

    `head_hash` is the chain hash of the last of them: root and hash chain say the same of the same events. A day has
    several roots when it was closed before its end; none is ever replaced. `signature` is by the private half of `key`
    over the chain (`root_signing.py`); both are empty for a service that has no key.
    """

    source: str
    shard: int
    number: int
    day: date
    first_position: int
    last_position: int
    head_hash: bytes
    root: bytes
    chain: bytes
    key: bytes = b""
    signature: bytes = b""

    @property
    def size(self) -> int:
        """Leaves of its tree."""
        return self.last_position - self.first_position + 1

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, as published; `key` and `signature` only of a signed root."""
        by = {"key": self.key.hex(), "signature": self.signature.hex()} if self.signature else {}
        return {
            "source": self.source,
            "shard": self.shard,
            "number": self.number,
            "day": self.day.isoformat(),
            "first_position": self.first_position,
            "last_position": self.last_position,
            "head_hash": self.head_hash.hex(),
            "root": self.root.hex(),
            "chain": self.chain.hex(),
            **by,
        }


def root_of_json(document: dict[str, Any]) -> DayRoot:
    """The inverse of `DayRoot.as_json`. Raises KeyError, TypeError or ValueError for anything else."""
    return DayRoot(
        source=str(document["source"]),
        shard=int(document["shard"]),
        number=int(document["number"]),
        day=date.fromisoformat(document["day"]),
        first_position=int(document["first_position"]),
        last_position=int(document["last_position"]),
        head_hash=bytes.fromhex(document["head_hash"]),
        root=bytes.fromhex(document["root"]),
        chain=bytes.fromhex(document["chain"]),
        key=bytes.fromhex(document.get("key", "")),
        signature=bytes.fromhex(document.get("signature", "")),
    )


def city_day(moment: datetime) -> date:
    """The day of a moment in the city."""
    return moment.astimezone(CITY_TIME).date()


def next_roots(
    source: str, shard: int, last: DayRoot | None, leaves: Iterable[Leaf], before: date | None
) -> Iterator[DayRoot]:
    """The roots to publish for the events after `last`, one per day; days from `before` on are left open (None: none).

    An event belongs to its day, or to that of an event before it in the shard when that is later: the clock of another
    process may be behind, and a day is one stretch of positions.
    """
    for day, events in _by_day(last.day if last else date.min, leaves):
        if before is not None and day >= before:
            return
        last = _root(source, shard, last, day, events)
        yield last


def chained(root: DayRoot, previous: bytes) -> bytes:
    """What `root.chain` has to be after the chain of the root before it (GENESIS: there is none)."""
    fields = (
        root.source,
        str(root.shard),
        str(root.number),
        root.day.isoformat(),
        str(root.first_position),
        str(root.last_position),
        root.head_hash.hex(),
        root.root.hex(),
    )
    framed = b"".join(len(field.encode()).to_bytes(4, "big") + field.encode() for field in fields)
    return hashlib.sha256(previous + framed).digest()


def _by_day(day: date, leaves: Iterable[Leaf]) -> Iterator[tuple[date, list[Leaf]]]:
    events: list[Leaf] = []
    for leaf in leaves:
        recorded_on = city_day(leaf.recorded_at)
        if recorded_on > day and events:
            yield day, events
            events = []
        day = max(day, recorded_on)
        events.append(leaf)
    if events:
        yield day, events


def _root(source: str, shard: int, last: DayRoot | None, day: date, events: Sequence[Leaf]) -> DayRoot:
    unchained = DayRoot(
        source=source,
        shard=shard,
        number=last.number + 1 if last else 1,
        day=day,
        first_position=events[0].position,
        last_position=events[-1].position,
        head_hash=events[-1].hash,
        root=merkle_root([event.hash for event in events]),
        chain=b"",
    )
    chain = chained(unchained, last.chain if last else GENESIS)
    return replace(unchained, chain=chain)
