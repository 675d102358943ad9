"""Every way in which a faulty service could write a history that does not conserve money."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from msgspec.structs import replace

from libs.conservation.facts import MONEY_TYPES
from libs.eventlog.event import Recorded

#: Amounts that are said beside the money: thresholds, suggestions, features of a model, cost that a liability counted.
NOT_MONEY_MOVED = frozenset(
    {
        "base_fen",
        "threshold_fen",
        "suggested_aid_fen",
        "aid_suggested_before_fen",
        "idle_fen",
        "drug_fen",
        "self_funded_drug_fen",
    }
)

Path = tuple[str | int, ...]
Body = dict[str, Any]


@dataclass(frozen=True)
class MoneyField:
    """An amount in the body of one event of a history."""

    index: int
    event_type: str
    path: Path

    def __str__(self) -> str:
        return f"{self.event_type}.{'.'.join(map(str, self.path))}"


def money_fields(events: Sequence[Recorded]) -> list[MoneyField]:
    """Every amount in every event about money."""
    return [
        MoneyField(index, event.type, path)
        for index, event in enumerate(events)
        if event.type in MONEY_TYPES
        for path in _amounts(orjson.loads(event.body), ())
    ]


def _amounts(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            money = name.endswith("_fen") and name not in NOT_MONEY_MOVED
            if isinstance(inner, int) and (money or name.startswith("cash/")):
                yield (*path, name)
            else:
                yield from _amounts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _amounts(inner, (*path, index))


def with_amount_off(events: Sequence[Recorded], field: MoneyField, by_fen: int) -> list[Recorded]:
    """The history with one amount changed."""

    def change(body: Body) -> None:
        holder: Any = body
        for step in field.path[:-1]:
            holder = holder[step]
        holder[field.path[-1]] += by_fen

    return with_body(events, field.index, change)


def with_body(events: Sequence[Recorded], index: int, change: Callable[[Body], None]) -> list[Recorded]:
    """The history with one event's body changed in place."""
    body = copy.deepcopy(orjson.loads(events[index].body))
    change(body)
    changed = list(events)
    changed[index] = replace(events[index], body=orjson.dumps(body))
    return changed


def without(events: Sequence[Recorded], index: int) -> list[Recorded]:
    """The history as if a service had never written one event: what follows it moves up."""
    gone = events[index]
    return [
        replace(event, position=event.position - 1)
        if (event.source, event.shard) == (gone.source, gone.shard) and event.position > gone.position
        else event
        for event in events
        if event is not gone
    ]


def with_appended(
    events: Sequence[Recorded], index: int, change: Callable[[Body], None] = lambda body: None
) -> list[Recorded]:
    """The history with a changed copy of one event at the end of its shard."""
    original = events[index]
    last = max(e.position for e in events if (e.source, e.shard) == (original.source, original.shard))
    body = orjson.loads(original.body)
    change(body)
    return [*events, replace(original, position=last + 1, body=orjson.dumps(body))]


def index_of(events: Sequence[Recorded], event_type: str) -> int:
    """The first event of a type."""
    return next(index for index, event in enumerate(events) if event.type == event_type)
