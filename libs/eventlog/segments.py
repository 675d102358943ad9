"""A segment of the archive: the bodies of events of one shard, in one file, packed in blocks.

A file is the line `huiji archive 1`, a line of JSON that says what is in it (`Contents`), and the blocks one after the
other. A block is compressed by zlib; in it each event is its position (8 bytes, big endian), the length of its body (4)
and the body as it was hashed. Blocks are small, so that one body is read without the others'; files are named by their
SHA-256. Pure; `archiving.py` writes them, `archived.py` reads them.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from libs.eventlog.errors import ArchiveDamaged
from libs.eventlog.merkle import merkle_root

MAGIC = b"huiji archive 1\n"
SUFFIX = ".segment"
BLOCK_EVENTS = 256
#: Uncompressed. One body is never larger than this (`append.LARGEST_BODY_BYTES`).
BLOCK_BYTES = 1024 * 1024
SEGMENT_BLOCKS = 32
_LEVEL = 9
_FRAME = struct.Struct(">QI")


@dataclass(frozen=True, slots=True)
class Body:
    """An event's place in its shard, its chain hash, and its body."""

    position: int
    hash: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block lies in its file, in bytes from the file's begin, and what it has; `digest` is of these bytes."""

    begins_at: int
    size: int
    digest: bytes
    events: int
    first_position: int
    last_position: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A file's content and what is in it; `root` is the Merkle root over the events' hashes, by position."""

    content: bytes
    root: bytes
    blocks: tuple[Block, ...]
    events: int
    body_bytes: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole file."""
        return hashlib.sha256(self.content).digest()


def file_name(digest: bytes) -> str:
    """What a file of this content is called."""
    return digest.hex() + SUFFIX


def segment_of(source: str, shard: int, bodies: Sequence[Body]) -> Segment:
    """Pack the bodies, in the order of their positions. The same bodies are the same file, whenever it is made."""
    packed = [(group, pack(group)) for group in _grouped(bodies)]
    root = merkle_root([one.hash for one in bodies])
    blocks, offset = [], 0
    for group, data in packed:
        blocks.append(_block(offset, data, group))
        offset += len(data)
    contents = _contents(source, shard, root, blocks)
    head = MAGIC + orjson.dumps(contents, option=orjson.OPT_APPEND_NEWLINE)
    placed = tuple(_moved(block, len(head)) for block in blocks)
    content = head + b"".join(data for _, data in packed)
    return Segment(content, root, placed, len(bodies), sum(len(one.body) for one in bodies))


def in_segments(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut what is to be archived of a shard into what fits a file."""
    size = BLOCK_EVENTS * SEGMENT_BLOCKS
    for begin in range(0, len(positions), size):
        yield positions[begin : begin + size]


def pack(bodies: Iterable[Body]) -> bytes:
    """A block of these bodies."""
    framed = b"".join(_FRAME.pack(one.position, len(one.body)) + one.body for one in bodies)
    return zlib.compress(framed, _LEVEL)


def unpack(data: bytes, block: Block, name: str) -> dict[int, bytes]:
    """The bodies of a block by position. Raises ArchiveDamaged for anything but the bytes that were written."""
    if hashlib.sha256(data).digest() != block.digest:
        raise ArchiveDamaged(name, block.first_position, block.last_position, "its digest does not fit")
    framed, bodies, offset = zlib.decompress(data), {}, 0
    while offset < len(framed):
        position, length = _FRAME.unpack_from(framed, offset)
        offset += _FRAME.size
        bodies[position] = framed[offset : offset + length]
        offset += length
    return bodies


def _grouped(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    group: list[Body] = []
    size = 0
    for one in bodies:
        if group and (len(group) == BLOCK_EVENTS or size + len(one.body) > BLOCK_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += len(one.body)
    if group:
        yield group


def _block(begins_at: int, data: bytes, group: Sequence[Body]) -> Block:
    return Block(
        begins_at, len(data), hashlib.sha256(data).digest(), len(group), group[0].position, group[-1].position
    )


def _moved(block: Block, by: int) -> Block:
    return Block(
        block.begins_at + by,
        block.size,
        block.digest,
        block.events,
        block.first_position,
        block.last_position,
    )


def _contents(source: str, shard: int, root: bytes, blocks: Sequence[Block]) -> dict[str, Any]:
    """What a file says of itself; offsets count from behind this line."""
    return {
        "source": source,
        "shard": shard,
        "events": sum(block.events for block in blocks),
        "root": root.hex(),
        "blocks": [
            {
                "begins_at": block.begins_at,
                "bytes": block.size,
                "digest": block.digest.hex(),
                "events": block.events,
                "first_position": block.first_position,
                "last_position": block.last_position,
            }
            for block in blocks
        ],
    }
