"""Bodies from the archive back into their log, each after its event's chain hash was found to fit."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from libs.eventlog.archived import SLIP, block_of, noted_blocks
from libs.eventlog.errors import ArchiveAway, ArchiveDamaged
from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import GENESIS, link
from libs.eventlog.read import EVENT_COLUMNS
from libs.eventlog.segments import BLOCK_EVENTS

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Row

OnEvents = Callable[[int], None]

_WITH_PREVIOUS = f"""
select {EVENT_COLUMNS}, coalesce(
    (select before.hash from "{{source}}".event as before
     where before.shard = event.shard and before.position = event.position - 1), $3) as previous
from "{{source}}".event where shard = $1 and position = any ($2::bigint[]) order by position
"""
_BRING_BACK = """
update "{source}".event set body = back.body from unnest($2::bigint[], $3::bytea[]) as back (position, body)
where event.shard = $1 and event.position = back.position
"""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An event whose body the archive cannot give back, and why."""

    source: str
    shard: int
    position: int
    subject: str
    why: str


async def bring_back(
    connection: "Connection",
    source: str,
    shard: int,
    positions: Sequence[int],
    on_events: OnEvents = lambda events: None,
) -> tuple[int, list[Misfit]]:
    """Put the archived bodies of these events back into the table: how many came, and which cannot, each with why.

    Each is first held against its hash. An event whose body is in the table already is left as it is.
    """
    brought, misfits = 0, []
    for begin in range(0, len(positions), BLOCK_EVENTS):
        rows = await rows_at(connection, source, shard, positions[begin : begin + BLOCK_EVENTS])
        away = [row for row in rows if row["body"][:1] == SLIP]
        fitting, wrong = await archived_bodies(connection, source, away)
        misfits += wrong
        async with connection.transaction():
            await connection.execute(
                _BRING_BACK.format(source=source), shard, list(fitting), list(fitting.values())
            )
        brought += len(fitting)
        on_events(len(rows))
    return brought, misfits


async def archived_bodies(
    connection: "Connection", source: str, rows: Sequence["Row"]
) -> tuple[dict[int, bytes], list[Misfit]]:
    """Of events with slips (`rows_at`) the bodies that fit their hashes, by position; of the others why not."""
    noted = await noted_blocks(connection, source, {block_of(row["body"]) for row in rows})
    read: dict[int, dict[int, bytes] | str] = {}
    for number, one in noted.items():
        try:
            read[number] = await asyncio.to_thread(one.read)
        except (ArchiveAway, ArchiveDamaged) as error:
            read[number] = str(error)
    fitting, misfits = {}, []
    for row in rows:
        bodies = read.get(block_of(row["body"]), "its block was never written")
        body = bodies.get(row["position"]) if isinstance(bodies, dict) else None
        if body is not None and link(row["previous"], with_body(source, row, body)) == row["hash"]:
            fitting[row["position"]] = body
        else:
            why = bodies if isinstance(bodies, str) else "its body in the archive does not fit its hash"
            misfits.append(Misfit(source, row["shard"], row["position"], row["subject"], why))
    return fitting, misfits


async def rows_at(connection: "Connection", source: str, shard: int, positions: Iterable[int]) -> list["Row"]:
    """Events as they are in the table, each with the hash `previous` to its own."""
    return await connection.fetch(_WITH_PREVIOUS.format(source=source), shard, list(positions), GENESIS)


def with_body(source: str, row: "Row", body: bytes) -> Recorded:
    """The event of a row (`rows_at`) with this body."""
    fields = list(row.values())[:-1]
    fields[-2] = body
    return Recorded(source, *fields)
