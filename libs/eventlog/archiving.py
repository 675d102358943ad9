"""Putting bodies away into the archive; the chain decides what is (`bringing_back.py` is the way back).

A file is written, synced and noted; then, block after block, what the file has is read back and compared with the
table, and only then the bodies go, each block in a transaction of its own. A kill leaves at most a file that nobody
names, or noted blocks whose bodies are still in the table: `finish_blocks` goes on with them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from libs.eventlog.archived import SLIP, Noted, folder_of, noted_blocks, slip_of
from libs.eventlog.bringing_back import OnEvents, rows_at, with_body
from libs.eventlog.errors import ArchiveAway, ArchiveDamaged, ChainBroken, EventLogError
from libs.eventlog.hash_chain import link
from libs.eventlog.segments import Body, Segment, file_name, in_segments, segment_of

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


_NOTE_SEGMENT = """
insert into "{source}".archive_segment
    (digest, directory, shard, events, bytes, body_bytes, root, run_id, archived_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (digest) do update
    set directory = excluded.directory, run_id = excluded.run_id, archived_at = excluded.archived_at
returning segment, xmax = 0 as new
"""
_NOTE_BLOCKS = """
insert into "{source}".archive_block (segment, begins_at, bytes, digest, events, first_position, last_position)
select $1, * from unnest($2::bigint[], $3::integer[], $4::bytea[], $5::integer[], $6::bigint[], $7::bigint[])
"""
_UNFINISHED = """
select block, shard from "{source}".archive_block join "{source}".archive_segment using (segment)
where not slipped order by block
"""
_SLIP = """
update "{source}".event set body = $3 where shard = $1 and position = any ($2::bigint[])
"""

# Bodies are sealed, but what is not sealed in them is nobody's who does not work here.
_FOLDER_MODE = 0o750
_FILE_MODE = 0o640


class ArchiveBusy(EventLogError):
    """Somebody else archives or restores this log now."""

    code = "archive_busy"

    def __init__(self, source: str) -> None:
        super().__init__(f"the archive of {source} is being written or restored by another process")


@asynccontextmanager
async def alone(connection: "Connection", source: str) -> AsyncIterator[None]:
    """Within: nobody else archives or restores this log. Raises ArchiveBusy."""
    key = f"huiji archive {source}"
    if not await connection.fetchval("select pg_try_advisory_lock(hashtext($1))", key):
        raise ArchiveBusy(source)
    try:
        yield
    finally:
        await connection.execute("select pg_advisory_unlock(hashtext($1))", key)


async def close_to_older_code(connection: "Connection", source: str) -> None:
    """From now on code that cannot read slips does not start on this log (`migrate.py`)."""
    await connection.execute(
        f'update "{source}".migration set closes = $1 where name = $2',
        "bodies of closed claims lie in the archive, which older code cannot read",
        "eventlog/0010_archived_bodies.sql",
    )


async def put_away(
    connection: "Connection",
    source: str,
    shard: int,
    positions: Sequence[int],
    directory: Path,
    run_id: str,
    now: datetime,
    on_events: OnEvents = lambda events: None,
) -> list[Segment]:
    """Put the bodies of these events into the archive, those of them that are not there yet; in order.

    `directory` is absolute, and the same for whoever reads; each log has a folder there. Raises ChainBroken: what does
    not fit its hash is not put away, nor anything with it.
    """
    written: list[Segment] = []
    for part in in_segments(positions):
        bodies = await _bodies(connection, source, shard, part)
        if not bodies:
            continue
        segment = await asyncio.to_thread(segment_of, source, shard, bodies)
        await asyncio.to_thread(write_file, folder_of(str(directory), source), segment)
        await _note(connection, source, shard, segment, str(directory), run_id, now)
        await finish_blocks(connection, source, on_events)
        written.append(segment)
    return written


async def finish_blocks(
    connection: "Connection", source: str, on_events: OnEvents = lambda events: None
) -> None:
    """Take out of the table what is noted as archived and still there. Raises ArchiveAway and ArchiveDamaged."""
    rows = await connection.fetch(_UNFINISHED.format(source=source))
    noted = await noted_blocks(connection, source, [row["block"] for row in rows])
    for row in rows:
        one = noted[row["block"]]
        bodies = await asyncio.to_thread(one.read)
        async with connection.transaction():
            await _slip(connection, source, row["shard"], row["block"], one, bodies)
            await connection.execute(
                f'update "{source}".archive_block set slipped = true where block = $1', row["block"]
            )
        on_events(len(bodies))


async def _bodies(connection: "Connection", source: str, shard: int, positions: Iterable[int]) -> list[Body]:
    bodies = []
    for row in await rows_at(connection, source, shard, positions):
        if row["body"][:1] == SLIP:
            continue
        if link(row["previous"], with_body(source, row, row["body"])) != row["hash"]:
            raise ChainBroken(source, shard, row["position"], "the hash does not match the content")
        bodies.append(Body(row["position"], row["hash"], row["body"]))
    return bodies


def write_file(folder: Path, segment: Segment) -> Path:
    """The segment's file, durably in its place. The same segment again is the same file. Raises ArchiveAway."""
    path = folder / file_name(segment.digest)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as file:
                file.write(segment.content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        # The name is durable only when its directory is.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise ArchiveAway(str(path), error.strerror or type(error).__name__) from None
    return path


async def _note(
    connection: "Connection",
    source: str,
    shard: int,
    segment: Segment,
    directory: str,
    run_id: str,
    now: datetime,
) -> None:
    async with connection.transaction():
        noted = await connection.fetchrow(
            _NOTE_SEGMENT.format(source=source),
            segment.digest, directory, shard, segment.events, len(segment.content), segment.body_bytes,
            segment.root, run_id, now,
        )  # fmt: skip
        assert noted is not None, "it is there or was inserted"
        if not noted["new"]:
            # Archived, brought back and archived again: the same file, and its blocks are to be slipped once more.
            await connection.execute(
                f'update "{source}".archive_block set slipped = false where segment = $1', noted["segment"]
            )
            return
        columns = [
            (
                block.begins_at,
                block.size,
                block.digest,
                block.events,
                block.first_position,
                block.last_position,
            )
            for block in segment.blocks
        ]
        await connection.execute(
            _NOTE_BLOCKS.format(source=source),
            noted["segment"],
            *(list(column) for column in zip(*columns, strict=True)),
        )


async def _slip(
    connection: "Connection", source: str, shard: int, block: int, noted: Noted, bodies: dict[int, bytes]
) -> None:
    """Slips for the bodies of a block that the table still has, if they are, byte for byte, the block's."""
    rows = await connection.fetch(
        f'select position, body from "{source}".event where shard = $1 and position = any ($2::bigint[]) for update',
        shard,
        list(bodies),
    )
    there = {row["position"]: row["body"] for row in rows if row["body"][:1] != SLIP}
    for position, body in there.items():
        if bodies[position] != body:
            raise ArchiveDamaged(noted.path.name, position, position, "the table has another body")
    await connection.execute(_SLIP.format(source=source), shard, list(there), slip_of(block))
