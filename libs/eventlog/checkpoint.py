"""How far each (source, shard) has been processed. The row's lock also fences two consumers of one shard."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

Lane = tuple[str, int]
"""A source and one of its shards: the unit of order."""

_LOCK = """
select
    source, shard, position,
    array(select distinct subject from parked where status = 'parked' and subject = any ($3::text[])) as parked
from checkpoint
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
    await connection.execute(_CREATE, *_names(sorted(lanes)))


async def lock(
    connection: "Connection", lanes: Iterable[Lane], subjects: Collection[str] = ()
) -> tuple[dict[Lane, int], set[str]]:
    """Lock the lanes for this transaction, in one order everywhere. Returns their positions, and those of `subjects`
    that have an event parked, as it was before the locks were waited for: whoever held them may have changed that.
    """
    rows = await connection.fetch(_LOCK, *_names(sorted(lanes)), list(subjects))
    return {(row["source"], row["shard"]): row["position"] for row in rows}, {
        subject for row in rows for subject in row["parked"]
    }


async def read(connection: "Connection") -> dict[Lane, int]:
    """All positions, without locking."""
    rows = await connection.fetch("select source, shard, position from checkpoint")
    return {(row["source"], row["shard"]): row["position"] for row in rows}


async def advance(connection: "Connection", positions: Mapping[Lane, int]) -> None:
    """Move the lanes on, in the transaction that holds their locks."""
    await connection.execute(_ADVANCE, *lanes_columns(positions))


def lanes_columns(positions: Mapping[Lane, int]) -> list[list[object]]:
    """Sources, shards and positions, as statements take them."""
    return [*_names(positions), list(positions.values())]


def _names(lanes: Iterable[Lane]) -> list[list[object]]:
    lanes = list(lanes)
    return [[source for source, _ in lanes], [shard for _, shard in lanes]]
