"""Whether the archive has what was put there: every file, every block, every body against its event's hash."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from libs.eventlog.archived import block_of, folder_of, noted_blocks, slip_of
from libs.eventlog.archiving import ArchiveBusy, alone
from libs.eventlog.bringing_back import Misfit, archived_bodies, rows_at
from libs.eventlog.errors import EventLogError
from libs.eventlog.merkle import merkle_root
from libs.eventlog.segments import file_name

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Row

_SEGMENTS = 'select * from "{source}".archive_segment order by segment'
_BLOCKS = 'select block, slipped from "{source}".archive_block where segment = $1 order by block'
_IN_BLOCK = """
select position from "{source}".event
where shard = $1 and position between $2 and $3 and body = $4 order by position
"""
# The length is known without fetching the body; a slip is short.
_STRAY = """
select shard, position, subject, body from "{source}".event
where octet_length(body) < 24 and substr(body, 1, 1) = '\\x00' and not exists (
    select from "{source}".archive_block join "{source}".archive_segment using (segment)
    where block::text = convert_from(substr(event.body, 2), 'UTF8') and archive_segment.shard = event.shard
        and event.position between first_position and last_position
)
"""
_HASHES = (
    'select hash from "{source}".event where shard = $1 and position = any ($2::bigint[]) order by position'
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a log's archive: `faults` of files, in words; `misfits`: events whose body is not to be had.

    `strangers` are files that the database does not name: of a run that was killed, and safe to delete. None are told
    while a run goes on: what it has just written is not named yet. `copies` are segments of which every body is in its
    table again: nothing is asked of their files any more.
    """

    segments: int
    events: int
    faults: tuple[str, ...]
    misfits: tuple[Misfit, ...]
    strangers: tuple[str, ...]
    copies: int = 0

    @property
    def whole(self) -> bool:
        """Whether every archived body can be had, and every file that is needed is as it was written."""
        return not self.faults and not self.misfits


async def check_archive(
    connection: "Connection", source: str, on_events: Callable[[int], None] = lambda events: None
) -> Checked:
    """Read all that was archived of a log, and hold it against the database. Changes nothing."""
    faults: list[str] = []
    misfits: list[Misfit] = []
    events = copies = 0
    segments = await connection.fetch(_SEGMENTS.format(source=source))
    for segment in segments:
        away = 0
        positions: list[int] = []
        blocks = await connection.fetch(_BLOCKS.format(source=source), segment["segment"])
        for row in blocks:
            found, wrong, had = await _check_block(connection, source, segment, row["block"])
            away += found
            misfits += wrong
            positions += had
            on_events(found)
        events += away
        # Of a block that is noted and not slipped yet, a run that goes on reads the file.
        if not away and all(row["slipped"] for row in blocks):
            copies += 1
            continue
        path = folder_of(segment["directory"], source) / file_name(segment["digest"])
        if (fault := await asyncio.to_thread(_fault_of, path, segment["digest"])) is not None:
            faults.append(fault)
        if len(positions) == segment["events"] and not await _under_root(
            connection, source, segment, positions
        ):
            faults.append(f"{path}: the hashes of its events are not those of the log")
    for row in await connection.fetch(_STRAY.format(source=source)):
        why = f"no block {block_of(row['body'])} covers it"
        misfits.append(Misfit(source, row["shard"], row["position"], row["subject"], why))
    strangers = await _strangers(connection, source)
    return Checked(len(segments), events, tuple(faults), tuple(misfits), strangers, copies)


async def _check_block(
    connection: "Connection", source: str, segment: "Row", block: int
) -> tuple[int, list[Misfit], list[int]]:
    """How many events lie in the block, which cannot be had, and the positions that the block itself has."""
    noted = (await noted_blocks(connection, source, [block]))[block]
    rows = await connection.fetch(
        _IN_BLOCK.format(source=source),
        segment["shard"], noted.block.first_position, noted.block.last_position, slip_of(block),
    )  # fmt: skip
    there = await rows_at(connection, source, segment["shard"], [row["position"] for row in rows])
    # Somebody may have brought them back since they were looked for.
    away = [row for row in there if row["body"] == slip_of(block)]
    _, misfits = await archived_bodies(connection, source, away)
    try:
        had = list(await asyncio.to_thread(noted.read))
    except EventLogError:
        had = []  # said already: of the file, and of each event that lies there
    return len(away), misfits, had


async def _under_root(connection: "Connection", source: str, segment: "Row", positions: list[int]) -> bool:
    rows = await connection.fetch(_HASHES.format(source=source), segment["shard"], positions)
    return len(rows) == len(positions) and merkle_root([row["hash"] for row in rows]) == segment["root"]


def _fault_of(path: Path, digest: bytes) -> str | None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        return f"{path}: {error.strerror or type(error).__name__}"
    return None if found == digest else f"{path}: it is not the file that was written"


async def _strangers(connection: "Connection", source: str) -> tuple[str, ...]:
    try:
        async with alone(connection, source):
            segments = await connection.fetch(_SEGMENTS.format(source=source))
            return await asyncio.to_thread(_unnamed, source, segments)
    except ArchiveBusy:
        return ()


def _unnamed(source: str, segments: "list[Row]") -> tuple[str, ...]:
    known = {file_name(segment["digest"]) for segment in segments}
    folders = {folder_of(segment["directory"], source) for segment in segments}
    return tuple(
        sorted(
            str(path)
            for folder in folders
            if folder.is_dir()
            for path in folder.iterdir()
            if path.name not in known
        )
    )
