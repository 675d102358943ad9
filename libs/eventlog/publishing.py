"""Closing days: the roots that a log publishes, and the proof that an event is under one of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from libs.eventlog.day_roots import CITY_TIME, DayRoot, Leaf, city_day, next_roots
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.log import EventLog
from libs.eventlog.merkle import inclusion_proof
from libs.eventlog.root_signing import RootSigner

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Row

_COLUMNS = "shard, number, day, first_position, last_position, head_hash, root, chain, key, signature"
_PAGE = 20_000

#: Shards whose log has events after their last root, recorded before a moment (null: whenever).
_UNCLOSED = """
select shard.shard from shard
left join lateral (
    select last_position from root where root.shard = shard.shard order by number desc limit 1
) as closed on true
join event on event.shard = shard.shard and event.position = coalesce(closed.last_position, 0) + 1
where $1::timestamptz is null or event.recorded_at < $1
order by shard.shard
"""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an event is under a published root: `path` leads from its hash to `root.root`.

    `previous_hash` is the chain hash before the event's: with it the event's own hash can be recomputed.
    """

    root: DayRoot
    index: int
    path: tuple[bytes, ...]
    previous_hash: bytes

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "root": self.root.as_json(),
            "index": self.index,
            "path": [beside.hex() for beside in self.path],
            "previous_hash": self.previous_hash.hex(),
        }


async def close_days(
    log: EventLog, *, through_now: bool = False, signer: RootSigner | None = None
) -> list[DayRoot]:
    """Publish roots for the days that are over; `through_now`: also for the part of today that is there.

    Safe to run from several processes at once. One transaction for each shard. Raises RootsRewritten when the log has
    not the roots any more that `signer` has signed.
    """
    today = city_day(log.clock())
    published: list[DayRoot] = []
    async with log.pool.acquire() as connection:
        midnight = None if through_now else datetime.combine(today, time.min, CITY_TIME)
        waiting = [row["shard"] for row in await connection.fetch(_UNCLOSED, midnight)]
        for shard in waiting:
            async with connection.transaction():
                await connection.execute(
                    "select pg_advisory_xact_lock(hashtext($1), $2)", f"huiji roots {log.source}", shard
                )
                before = None if through_now else today
                closed = await _close(connection, log.source, shard, before, log.clock(), signer)
            if signer is not None:
                # Committed: if this process dies before it notes them, the next one takes them from the database.
                await asyncio.to_thread(signer.remember, closed)
            published += closed
    return published


async def roots_of(
    connection: "Connection", source: str, shard: int | None = None, after: int = 0, limit: int = 10_000
) -> list[DayRoot]:
    """Published roots, of one shard after a number or of all shards, in order."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from root where ($1::integer is null or shard = $1) and number > $2"
        " order by shard, number limit $3",
        shard,
        after,
        limit,
    )
    return [_root(source, row) for row in rows]


async def prove_inclusion(
    connection: "Connection", source: str, shard: int, position: int
) -> Inclusion | None:
    """The proof for the event at a position; None while no root covers it."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from root where shard = $1 and first_position <= $2 and last_position >= $2",
        shard,
        position,
    )
    if row is None:
        return None
    root = _root(source, row)
    rows = await connection.fetch(
        "select hash from event where shard = $1 and position between $2 and $3 order by position",
        shard,
        root.first_position - 1,
        root.last_position,
    )
    hashes = [row["hash"] for row in rows]
    if root.first_position == 1:
        hashes.insert(0, GENESIS)
    index = position - root.first_position
    path = await asyncio.to_thread(inclusion_proof, hashes[1:], index)
    return Inclusion(root, index, tuple(path), hashes[index])


async def _close(
    connection: "Connection",
    source: str,
    shard: int,
    before: date | None,
    now: datetime,
    signer: RootSigner | None,
) -> Sequence[DayRoot]:
    row = await connection.fetchrow(
        f"select {_COLUMNS} from root where shard = $1 order by number desc limit 1", shard
    )
    last = _root(source, row) if row else None
    if signer is not None and (signed := signer.last_signed(shard)) is not None:
        signer.demand_extends(shard, await _numbered(connection, source, shard, signed.number))
    leaves = await _leaves_after(connection, shard, last.last_position if last else 0)
    # A busy shard's day is a second of hashing: the service goes on meanwhile.
    roots = await asyncio.to_thread(lambda: list(next_roots(source, shard, last, leaves, before)))
    if signer is not None:
        roots = [signer.signed(root) for root in roots]
    await connection.executemany(
        f"insert into root ({_COLUMNS}, published_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [
            (
                root.shard, root.number, root.day, root.first_position, root.last_position,
                root.head_hash, root.root, root.chain, root.key or None, root.signature or None, now,
            )
            for root in roots
        ],
    )  # fmt: skip
    return roots


async def _numbered(connection: "Connection", source: str, shard: int, number: int) -> DayRoot | None:
    row = await connection.fetchrow(
        f"select {_COLUMNS} from root where shard = $1 and number = $2", shard, number
    )
    return _root(source, row) if row else None


def _root(source: str, row: "Row") -> DayRoot:
    fields = {name: value for name, value in row.items() if value is not None}
    return DayRoot(source=source, **fields)


async def _leaves_after(connection: "Connection", shard: int, position: int) -> list[Leaf]:
    leaves: list[Leaf] = []
    while True:
        rows = await connection.fetch(
            "select position, recorded_at, hash from event where shard = $1 and position > $2"
            " order by position limit $3",
            shard,
            leaves[-1].position if leaves else position,
            _PAGE,
        )
        leaves += [Leaf(*row) for row in rows]
        if len(rows) < _PAGE:
            return leaves
