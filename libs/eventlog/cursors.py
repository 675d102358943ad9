"""How far each shard of a log is published: held by one relay at a time, and moved only from where it was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from libs.eventlog.event import Recorded
from libs.eventlog.read import to_recorded
from libs.eventlog.topic import Placed

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

_HERE = Path(__file__).parent
_TAKE = (_HERE / "cursors.sql").read_text()
_UNPUBLISHED = (_HERE / "unpublished.sql").read_text()
_ADVANCE = (_HERE / "advance_cursors.sql").read_text()
_LET_GO = "select pg_advisory_unlock_all()"
# Only while the cursor still says what was seen: another relay may have rewound it and be far into the rebuild.
# `greatest` passes over a null: without a number of last events all of them are published again.
_REWIND = """
update relay
set position = least(relay.position, greatest(0, shard.position - $3::bigint)), broker_offset = -1
from unnest($1::integer[], $2::bigint[]) as seen (shard, broker_offset) join shard using (shard)
where relay.shard = seen.shard and relay.broker_offset = seen.broker_offset
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a shard is published and recorded, as who publishes it sees it; -1: nothing was published."""

    position: int
    broker_offset: int
    head: int


async def take(connection: "Connection", source: str) -> dict[int, Cursor]:
    """The shards with something to publish that no other relay holds; this session holds them from now on."""
    return {row["shard"]: Cursor(*row[1:]) for row in await connection.fetch(_TAKE, source)}


async def unpublished(
    connection: "Connection", source: str, after: Mapping[int, int], window: int
) -> list[Recorded]:
    """The next events of each shard after a position, in order, at most `window` of each."""
    rows = await connection.fetch(_UNPUBLISHED, list(after), list(after.values()), window)
    return await to_recorded(connection, source, rows)


async def advance(
    connection: "Connection", source: str, held: Mapping[int, Cursor], done: Mapping[int, tuple[int, Placed]]
) -> None:
    """Move the cursors of what was published (the last position, and where it went), and let all that is held go."""
    await connection.execute(
        _ADVANCE,
        list(done),
        [position for position, _ in done.values()],
        [placed.last_batch for _, placed in done.values()],
        [held[shard].position for shard in done],
        [held[shard].broker_offset for shard in done],
        source,
        list(held),
    )


async def let_go(connection: "Connection") -> None:
    """Of a round that failed or was cancelled: the connection goes back to the pool, and must hold nothing there."""
    try:
        await connection.execute(_LET_GO)
    except BaseException as error:
        connection.terminate()  # what its session holds ends with it
        if not isinstance(error, Exception):
            raise


async def published_ends(connection: "Connection") -> dict[int, int]:
    """The broker's offset of the last batch of each shard of which anything was published."""
    rows = await connection.fetch("select shard, broker_offset from relay where broker_offset >= 0")
    return {row["shard"]: row["broker_offset"] for row in rows}


async def rewind(
    connection: "Connection", source: str, lost: Mapping[int, int], last_events: int | None
) -> None:
    """Publish the `last_events` of these shards again (None: all), unless their broker offset is another than was
    seen. What was not published at all is, whatever `last_events` says."""
    logger.warning(
        "topic_rebuilding", source=source, shards=len(lost), reason="the broker has less than was published"
    )
    await connection.execute(_REWIND, list(lost), list(lost.values()), last_events)


async def rewind_all(connection: "Connection") -> None:
    """Publish the whole log again."""
    await connection.execute("update relay set position = 0, broker_offset = -1")
