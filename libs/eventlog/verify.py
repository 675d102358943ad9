"""Walk the hash chain of a whole log, and check that streams have no holes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from libs.eventlog.errors import ChainBroken
from libs.eventlog.hash_chain import GENESIS, verify_chain
from libs.eventlog.read import follow_shard

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class VerifiedShard:
    """What was walked of one shard."""

    shard: int
    events: int
    head_hash: str


async def verify_shard(
    connection: "Connection", source: str, shard: int, progress: Callable[[int], None] = lambda events: None
) -> VerifiedShard:
    """Recompute every hash of a shard and compare its end with the shard's own record. Raises ChainBroken."""
    stored = await connection.fetchrow("select position, hash from shard where shard = $1", shard)
    if stored is None:
        raise ChainBroken(source, shard, 0, "the shard does not exist")
    position, previous = 0, GENESIS
    recorded_end = GENESIS
    async for page in follow_shard(connection, source, shard):
        first = page[0].position
        position, previous = verify_chain(page, previous, position)
        if first <= stored["position"] <= position:
            recorded_end = page[stored["position"] - first].hash
        progress(len(page))
    if position < stored["position"]:
        raise ChainBroken(
            source, shard, position + 1, f"the log ends before its recorded end {stored['position']}"
        )
    if recorded_end != stored["hash"]:
        raise ChainBroken(source, shard, stored["position"], "the last hash is not the shard's recorded one")
    return VerifiedShard(shard, position, previous.hex())


async def stream_holes(connection: "Connection") -> list[str]:
    """Streams whose versions are not 1..n: always empty, or an append has skipped a version."""
    rows = await connection.fetch(
        "select stream_id from event group by stream_id having max(version) <> count(*) or min(version) <> 1"
    )
    return [row["stream_id"] for row in rows]
