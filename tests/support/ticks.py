"""A test's own event, known to the registry like a published one, and factories around it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace
from pydantic import TypeAdapter

from libs.contracts import ClaimEvent, Event, registry
from libs.eventlog import Recorded
from libs.eventlog.hash_chain import GENESIS, link

MOMENT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Ticked(ClaimEvent):
    """Something happened to a claim for the `number`th time."""

    number: int
    note: str = ""


def register(*kinds: type[Event]) -> None:
    """Make the registry read these types, as if a service published them."""
    for kind in kinds:
        registry._BY_TYPE[kind.__name__] = kind
        registry._ADAPTERS[kind.__name__] = TypeAdapter(kind)


register(Ticked)


def person_of(claim_id: str) -> str:
    """A person for a claim: claims of one person share a shard, here each has its own."""
    return "p_" + hashlib.md5(claim_id.encode(), usedforsecurity=False).hexdigest()


def tick(claim_id: str = "c1", number: int = 1, note: str = "") -> Ticked:
    """A `Ticked` with defaults."""
    return Ticked(person_id=person_of(claim_id), claim_id=claim_id, number=number, note=note)


def stream_of(claim_id: str) -> str:
    """The stream of a claim's ticks."""
    return f"claim-{claim_id}"


def a_recorded(claim_id: str = "c1", number: int = 1, **changes: object) -> Recorded:
    """A recorded tick at position `number` of shard 0, with a hash as if it were the first of its chain."""
    event = tick(claim_id, number)
    fields: dict[str, object] = {
        "source": "upstream",
        "shard": 0,
        "position": number,
        "stream_id": stream_of(claim_id),
        "version": number,
        "event_id": UUID(int=number),
        "type": "Ticked",
        "schema_version": 1,
        "subject": event.subject(),
        "recorded_at": MOMENT + timedelta(microseconds=number),
        "caused_by": None,
        "traceparent": None,
        "body": registry.encode(event),
        "hash": b"",
    } | changes
    recorded = Recorded(**fields)  # type: ignore[arg-type]  # by name, as in the table
    return recorded if recorded.hash else _hashed(recorded, GENESIS)


def a_chain(length: int, claim_ids: Sequence[str] = ("c1",)) -> list[Recorded]:
    """`length` recorded ticks of shard 0 whose hashes follow each other, its claims taking turns."""
    chained: list[Recorded] = []
    for number in range(1, length + 1):
        claim_id = claim_ids[number % len(claim_ids)]
        previous = chained[-1].hash if chained else GENESIS
        chained.append(_hashed(a_recorded(claim_id, number), previous))
    return chained


def _hashed(recorded: Recorded, previous: bytes) -> Recorded:
    return replace(recorded, hash=link(previous, recorded))


class Ids:
    """UUIDs that count up: the same in every run."""

    def __init__(self, start: int = 0) -> None:
        self._next = start

    def __call__(self) -> UUID:
        self._next += 1
        return UUID(int=self._next)
