"""How far each (source, shard) has been processed. The row's lock also fences two consumers of one shard."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

Lane = tuple[str, int]
"""A source and one of its shards: the unit of order."""

_LOCK = """
select source, shard, position from checkpoint
where (source, shard) in (select * from unnest($1::text[], $2::integer[]))
order by shard, source
for update
"""
_CREATE = """
insert into checkpoint (source, shard) select * from unnest($1::text[], $2::integer[]) on conflict do nothing
"""
_ADVANCE = """
update checkpoint set position = done.position
from unnest($1::text[], $2::integer[], $3::bigint[]) as done (source, shard, position)
where checkpoint.source = done.source and checkpoint.shard = done.shard
"""


async def create(connection: "Connection", lanes: Iterable[Lane]) -> None:
    """Make sure that a row exists for every lane, so that locking finds one."""
    wanted = sorted(lanes)
    await connection.execute(_CREATE, [source for source, _ in wanted], [shard for _, shard in wanted])


async def lock(connection: "Connection", lanes: Iterable[Lane]) -> dict[Lane, int]:
    """Lock the lanes for this transaction, in one order everywhere, and return their positions."""
    wanted = sorted(lanes)
    rows = await connection.fetch(_LOCK, [source for source, _ in wanted], [shard for _, shard in wanted])
    return {(row["source"], row["shard"]): row["position"] for row in rows}


async def read(connection: "Connection") -> dict[Lane, int]:
    """All positions, without locking."""
    rows = await connection.fetch("select source, shard, position from checkpoint")
    return {(row["source"], row["shard"]): row["position"] for row in rows}


async def advance(connection: "Connection", positions: dict[Lane, int]) -> None:
    """Move the lanes on, in the transaction that holds their locks."""
    await connection.execute(
        _ADVANCE,
        [source for source, _ in positions],
        [shard for _, shard in positions],
        list(positions.values()),
    )
