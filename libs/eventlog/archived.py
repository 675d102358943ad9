"""Reading through to the archive: whoever reads events gets their bodies, wherever these lie.

A body is believed only when the block that it comes from is, by its SHA-256, the one that the database has noted.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from libs.eventlog.errors import ArchiveAway, ArchiveDamaged
from libs.eventlog.event import Recorded
from libs.eventlog.segments import Block, file_name, unpack

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool, Row

SLIP = b"\0"
"""What a slip in the place of a body begins with; JSON does not. A block's number follows, in digits."""

DIRECTORY_VARIABLE = "HUIJI_ARCHIVE_DIRECTORY"
"""Where this process sees the archive, if it is not where it was written."""

_LARGEST_CACHE_BYTES = 32 * 1024 * 1024

_BLOCKS = """
select block, directory, archive_segment.digest as of_segment, begins_at, archive_block.bytes, archive_block.digest,
       archive_block.events, first_position, last_position
from "{source}".archive_block join "{source}".archive_segment using (segment) where block = any ($1::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """A block as the database has noted it: its file, and where it lies there."""

    path: Path
    block: Block

    def read(self) -> dict[int, bytes]:
        """Its bodies by position. Raises ArchiveAway and ArchiveDamaged."""
        with self._there(), self.path.open("rb") as file:
            file.seek(self.block.begins_at)
            data = file.read(self.block.size)
        return unpack(data, self.block, self.path.name)

    def as_it_is(self) -> "Seen":
        """What changes with the file. Raises ArchiveAway."""
        with self._there():
            now = self.path.stat()
        return self.block.digest, now.st_mtime_ns, now.st_size

    @contextmanager
    def _there(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveAway(str(self.path), error.strerror or type(error).__name__) from None


Seen = tuple[bytes, int, int]
"""A block's digest, and when its file was last written and how large it was then."""


def slip_of(block: int) -> bytes:
    """What stands in the place of a body that is in this block."""
    return SLIP + b"%d" % block


def block_of(slip: bytes) -> int:
    """The block that a slip names."""
    return int(slip[len(SLIP) :])


def folder_of(directory: str, source: str) -> Path:
    """Where the files of a log are, as this process sees the archive."""
    return Path(os.environ.get(DIRECTORY_VARIABLE) or directory) / source


async def with_bodies(asker: "Connection | Pool", source: str, events: list[Recorded]) -> list[Recorded]:
    """The events with their bodies; nothing is asked where none lies in the archive.

    Raises ArchiveAway (it may come back) and ArchiveDamaged (something there is not what was put there).
    """
    # By the first byte of every body that is read: some 50 ns, where reading and making the event takes 3,000.
    away = [at for at, event in enumerate(events) if event.body[:1] == SLIP]
    if not away:
        return events
    blocks = await _blocks(asker, source, {block_of(events[at].body) for at in away})
    found = list(events)
    for at in away:
        event = events[at]
        body = blocks[block_of(event.body)].get(event.position)
        if body is None:
            raise ArchiveDamaged(source, event.position, event.position, "its block does not have this event")
        found[at] = replace(event, body=body)
    return found


async def noted_blocks(asker: "Connection | Pool", source: str, numbers: Iterable[int]) -> dict[int, Noted]:
    """Where blocks are, by number; those that the database has not noted are absent."""
    return {
        row["block"]: _noted(source, row)
        for row in await asker.fetch(_BLOCKS.format(source=source), list(numbers))
    }


async def _blocks(asker: "Connection | Pool", source: str, numbers: set[int]) -> dict[int, dict[int, bytes]]:
    noted = await noted_blocks(asker, source, numbers)
    if unknown := numbers - noted.keys():
        raise ArchiveDamaged(source, 0, 0, f"no block {min(unknown)} was ever written")
    found = {}
    for number in sorted(numbers):
        one = noted[number]
        # Looked at each time: what is remembered of a file that is away or was touched since is not given to anybody.
        seen = await asyncio.to_thread(one.as_it_is)
        bodies = _cache.get(seen)
        if bodies is None:
            bodies = await asyncio.to_thread(one.read)
            _cache.put(seen, bodies)
        found[number] = bodies
    return found


def _noted(source: str, row: "Row") -> Noted:
    path = folder_of(row["directory"], source) / file_name(row["of_segment"])
    return Noted(path, Block(*row[3:]))


class _Cache:
    """Blocks that were read lately: who walks a shard or a stream meets each several times."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[Seen, dict[int, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, seen: Seen) -> dict[int, bytes] | None:
        bodies = self._blocks.get(seen)
        if bodies is not None:
            self._blocks.move_to_end(seen)
        return bodies

    def put(self, seen: Seen, bodies: dict[int, bytes]) -> None:
        if seen in self._blocks:
            return
        self._blocks[seen] = bodies
        self._bytes += _size(bodies.values())
        while self._bytes > _LARGEST_CACHE_BYTES:
            _, dropped = self._blocks.popitem(last=False)
            self._bytes -= _size(dropped.values())


def _size(bodies: Iterable[bytes]) -> int:
    return sum(map(len, bodies))


_cache = _Cache()
