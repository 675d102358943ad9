"""Append a batch of events to one or many streams, gapless per shard, or not at all.

In one round trip where no other process appends to this log, else in two: where the shards end has to be asked first.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from libs import contracts
from libs.eventlog.checkpoint import Lane, lanes_columns
from libs.eventlog.errors import ConcurrencyConflict, EventTooLarge, LogDamaged
from libs.eventlog.event import Append, Recorded, shard_of
from libs.eventlog.hash_chain import around_position, chain
from libs.eventlog.heads import Head, Heads

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Row

_HERE = Path(__file__).parent
_LOCK_SHARDS = (_HERE / "lock_shards.sql").read_text()
_APPEND = (_HERE / "append.sql").read_text()

# Kafka's default limit of a record batch is 1 MiB, headers included. What cannot be published must not be recorded.
LARGEST_BODY_BYTES = 900_000


async def append_events(
    connection: "Connection",
    source: str,
    shards: int,
    appends: Sequence[Append],
    now: datetime,
    new_id: Callable[[], UUID],
    heads: Heads,
    advances: Mapping[Lane, int],
) -> list[Recorded]:
    """Append all of `appends` inside the caller's transaction and return them as recorded, in the given order; lanes
    that the caller holds locked move to their `advances` in the same statement.

    The shard rows are locked as late as possible: everything that can be prepared is prepared before. Raises
    ConcurrencyConflict when a stream is not at its expected version, EventTooLarge; the caller's transaction is then
    lost. Nothing moves where there is nothing to append.
    """
    drafts = [draft for append in appends for draft in _drafts(source, shards, append, now, new_id)]
    if not drafts:
        return []
    prepared = [around_position(draft) for draft in drafts]
    continued = _continued_heads(appends)
    touched = sorted({draft.shard for draft in drafts})
    streams = (list(continued), list(continued.values()))
    lanes = lanes_columns(advances)
    believed = heads.take(touched)
    if believed is None:
        believed = _found(await connection.fetch(_LOCK_SHARDS, touched, *streams), continued)
    try:
        while True:
            recorded, ends = _placed(drafts, prepared, believed)
            locked = await connection.fetch(
                _APPEND,
                *_columns(recorded),
                *_heads_columns(ends),
                *_heads_columns(believed)[1:],
                *streams,
                *lanes,
            )
            if locked[0]["appended"]:
                return recorded
            # Another process has appended. Now the shards are locked, and stay where they are found to be.
            believed = _found(locked, continued)
            heads.wrong()
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "event_pkey":
            raise LogDamaged(error.detail or str(error)) from None
        raise ConcurrencyConflict(error.detail or str(error)) from None


def _found(locked: Sequence["Row"], continued: Mapping[str, int]) -> dict[int, Head]:
    """Where the locked shards end. Raises ConcurrencyConflict when a stream is not where it is to be continued."""
    if locked[0]["present"] != len(continued):
        raise ConcurrencyConflict("an expected version does not exist")
    return {row["shard"]: (row["position"], row["hash"]) for row in locked}


def _continued_heads(appends: Sequence[Append]) -> dict[str, int]:
    """The stored head that each already existing stream must have; later appends of a batch build on earlier ones."""
    heads: dict[str, int] = {}
    running: dict[str, int] = {}
    for append in appends:
        if not append.events:
            continue
        if append.stream_id not in running and append.expected_version > 0:
            heads[append.stream_id] = append.expected_version
        expected = running.get(append.stream_id, append.expected_version)
        assert append.expected_version == expected, (
            f"{append.stream_id}: {append.expected_version} after {expected}"
        )
        running[append.stream_id] = expected + len(append.events)
    return heads


def _drafts(
    source: str, shards: int, append: Append, now: datetime, new_id: Callable[[], UUID]
) -> list[Recorded]:
    cause = append.cause
    drafts = [
        Recorded(
            source=source,
            shard=shard_of(event.shard_key(), shards),
            position=0,
            stream_id=append.stream_id,
            version=version,
            event_id=new_id(),
            type=contracts.event_type(event),
            schema_version=event.schema_version,
            subject=event.subject(),
            recorded_at=now,
            caused_by=cause.event_id if cause else None,
            traceparent=append.traceparent or (cause.traceparent if cause else None),
            body=contracts.encode(event),
            hash=b"",
        )
        for version, event in enumerate(append.events, start=append.expected_version + 1)
    ]
    for draft in drafts:
        if len(draft.body) > LARGEST_BODY_BYTES:
            raise EventTooLarge(draft.type, draft.stream_id, len(draft.body), LARGEST_BODY_BYTES)
    return drafts


def _placed(
    drafts: Sequence[Recorded], prepared: Sequence[tuple[bytes, bytes]], heads: Mapping[int, Head]
) -> tuple[list[Recorded], dict[int, Head]]:
    """The drafts at the next positions of their shards, with their hashes; and where the shards end then."""
    ends = dict(heads)
    return [_place(draft, around, ends) for draft, around in zip(drafts, prepared, strict=True)], ends


def _place(draft: Recorded, around: tuple[bytes, bytes], heads: dict[int, Head]) -> Recorded:
    """The draft at the next position of its shard, with its hash; `heads` moves on to it.

    Where heads are asked for it runs while the shard is locked, so it does nothing that can be done before;
    `dataclasses.replace` costs six times as much as naming the fields.
    """
    position, previous = heads[draft.shard]
    position += 1
    chained = chain(previous, position, around)
    heads[draft.shard] = (position, chained)
    return Recorded(
        draft.source, draft.shard, position, draft.stream_id, draft.version, draft.event_id, draft.type,
        draft.schema_version, draft.subject, draft.recorded_at, draft.caused_by, draft.traceparent, draft.body,
        chained,
    )  # fmt: skip


_COLUMNS = attrgetter(
    "shard", "position", "stream_id", "version", "event_id", "type", "schema_version",
    "subject", "recorded_at", "caused_by", "traceparent", "body", "hash",
)  # fmt: skip


def _columns(events: list[Recorded]) -> list[list[object]]:
    return [list(column) for column in zip(*map(_COLUMNS, events), strict=True)]


def _heads_columns(heads: Mapping[int, Head]) -> list[list[object]]:
    return [
        list(heads),
        [position for position, _ in heads.values()],
        [chained for _, chained in heads.values()],
    ]
