"""The logs that a rebuild reads: other services' event tables in the same database, and how far live has come."""

from typing import TYPE_CHECKING

from libs.contracts.registry import PUBLISHED
from libs.eventlog import Recorded
from libs.eventlog.amending import AMENDING
from libs.eventlog.checkpoint import Lane
from libs.eventlog.errors import PositionNotServed
from libs.eventlog.read import EVENT_COLUMNS, to_recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool

# Types stand in the statement and are no parameter of it: PostgreSQL looks a constant list up by hash.
_TOLD = (
    f"select {EVENT_COLUMNS} from {{source}}.event where shard = $1 and position > $2 and position <= $3"
    " and type <> all ('{{{passed_over}}}'::text[]) order by position"
)
_COUNT = "select count(*) from {source}.event where shard = $1 and position > $2 and position <= $3"
_KNOWN_TYPES = frozenset(kind.__name__ for kinds in PUBLISHED.values() for kind in kinds)
# The body of what nobody handles stays in the table: most of a log's bytes are in events of other concern.
_PAGE = """
select shard, position, stream_id, version, event_id, type, schema_version, subject, recorded_at, caused_by,
       traceparent, case when type = any ($4::text[]) then body else ''::bytea end, hash
from {source}.event where shard = $1 and position > $2 order by position limit $3
"""


def passed_over(handled: frozenset[str]) -> frozenset[str]:
    """The types that need not be read: this code knows them, and they neither say anything nor amend what does."""
    return _KNOWN_TYPES - handled - AMENDING


class TableSource:
    """Another service's log, read from its table. Implements `libs.eventlog.consumer.Source`.

    Events of types outside `handled` come without their body, but for those that amend others: the kernel reads them.
    """

    def __init__(self, pool: "Pool", name: str, handled: frozenset[str]) -> None:
        self._pool = pool
        self._name = name
        self._handled = sorted(handled | AMENDING)
        self._page = _PAGE.format(source=_quoted(name))
        self._told = _TOLD.format(source=_quoted(name), passed_over=",".join(sorted(passed_over(handled))))
        self._count = _COUNT.format(source=_quoted(name))

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position, in order."""
        rows = await self._pool.fetch(self._page, shard, after, limit, self._handled)
        return await to_recorded(self._pool, self._name, rows)

    async def read_told(self, shard: int, after: int, until: int) -> list[Recorded]:
        """Of the events after a position until another, in order, all but those that are `passed_over`.

        Three of four events of a log say nothing to a read model: they are counted, not read. Raises PositionNotServed
        when one of them is missing.
        """
        if await self._pool.fetchval(self._count, shard, after, until) != until - after:
            raise PositionNotServed(self._name, shard, after + 1)
        rows = await self._pool.fetch(self._told, shard, after, until)
        return await to_recorded(self._pool, self._name, rows)

    async def heads(self) -> dict[int, int]:
        """The last position of each shard."""
        rows = await self._pool.fetch(f"select shard, position from {_quoted(self._name)}.shard")
        return {row["shard"]: row["position"] for row in rows}


async def live_positions(
    connection: "Connection", sources: list[str], *, lock: bool = False
) -> dict[Lane, int]:
    """How far the live read models have come in each lane of `sources`.

    `lock` holds the live consumer until the transaction ends; rows are locked in the order in which it locks them.
    """
    rows = await connection.fetch(
        "select source, shard, position from checkpoint where source = any ($1::text[]) order by shard, source"
        + (" for update" if lock else ""),
        sources,
    )
    return {(row["source"], row["shard"]): row["position"] for row in rows}


async def move_live(connection: "Connection", positions: dict[Lane, int]) -> None:
    """Let live go on after `positions`: what its tables are about to hold. It never goes back."""
    lanes = sorted(positions)
    await connection.execute(
        "insert into checkpoint (source, shard, position) select * from unnest($1::text[], $2::integer[], $3::bigint[])"
        " on conflict (source, shard) do update set position = greatest(checkpoint.position, excluded.position)",
        [source for source, _ in lanes],
        [shard for _, shard in lanes],
        [positions[lane] for lane in lanes],
    )


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
