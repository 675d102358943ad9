"""Reading a log: by stream to rebuild a state, by shard to follow it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from libs.eventlog.archived import with_bodies
from libs.eventlog.event import Recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool

EVENT_COLUMNS = (
    "shard, position, stream_id, version, event_id, type, schema_version, "
    "subject, recorded_at, caused_by, traceparent, body, hash"
)
"""Of the event table, as `to_recorded` takes them."""

# Each stream by index: as a join, a plan made while the log was small read the whole of it, and was kept as it grew.
_TAILS = f"""
select tail.*
from unnest($1::text[], $2::integer[]) as known (stream_id, version)
cross join lateral (
    select {EVENT_COLUMNS} from event
    where event.stream_id = known.stream_id and event.version > known.version
    order by event.version
    offset 0
) as tail
order by tail.stream_id, tail.version
"""


async def to_recorded(
    asker: "Connection | Pool", source: str, rows: Iterable[Iterable[Any]]
) -> list[Recorded]:
    """Rows of the event table (`EVENT_COLUMNS`) as events; what lies in the archive is fetched from there.

    Raises ArchiveAway and ArchiveDamaged.
    """
    return await with_bodies(asker, source, [Recorded(source, *row) for row in rows])


async def read_streams(connection: "Connection", source: str, stream_ids: Iterable[str]) -> list[Recorded]:
    """All events of the given streams, each stream in order, in one round trip."""
    rows = await connection.fetch(
        f"select {EVENT_COLUMNS} from event where stream_id = any ($1::text[]) order by stream_id, version",
        list(stream_ids),
    )
    return await to_recorded(connection, source, rows)


async def read_stream(
    connection: "Connection", source: str, stream_id: str, after: int, limit: int
) -> list[Recorded]:
    """Up to `limit` events of a stream after version `after`, in order."""
    rows = await connection.fetch(
        f"select {EVENT_COLUMNS} from event where stream_id = $1 and version > $2 order by version limit $3",
        stream_id,
        after,
        limit,
    )
    return await to_recorded(connection, source, rows)


async def read_tails(connection: "Connection", source: str, after: Mapping[str, int]) -> list[Recorded]:
    """Of each given stream the events after a version (0: all), each stream in order, in one round trip."""
    rows = await connection.fetch(_TAILS, list(after), list(after.values()))
    return await to_recorded(connection, source, rows)


async def read_shard(
    connection: "Connection", source: str, shard: int, after: int, limit: int
) -> list[Recorded]:
    """Up to `limit` events of a shard after position `after`, in order."""
    rows = await connection.fetch(
        f"select {EVENT_COLUMNS} from event where shard = $1 and position > $2 order by position limit $3",
        shard,
        after,
        limit,
    )
    return await to_recorded(connection, source, rows)


async def read_subject(connection: "Connection", source: str, shard: int, subject: str) -> list[Recorded]:
    """Every event of a subject in a shard, in order. No index serves this: it scans the shard."""
    rows = await connection.fetch(
        f"select {EVENT_COLUMNS} from event where shard = $1 and subject = $2 order by position",
        shard,
        subject,
    )
    return await to_recorded(connection, source, rows)


async def follow_shard(
    connection: "Connection", source: str, shard: int, after: int = 0, page: int = 1_000
) -> AsyncIterator[list[Recorded]]:
    """A shard's events in pages until its present end; larger pages are slower to read, by a fifth those of 5,000."""
    while events := await read_shard(connection, source, shard, after, page):
        yield events
        after = events[-1].position


async def heads(connection: "Connection") -> dict[int, int]:
    """The last position of every shard."""
    rows = await connection.fetch("select shard, position from shard order by shard")
    return {row["shard"]: row["position"] for row in rows}
