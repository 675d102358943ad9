"""A history as `huiji export` writes it, read in parts that fit into memory; each part has whole people."""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from libs.contracts import decode
from libs.contracts.enrolment import CoverageActivated
from services.adjudication.domain.fork import Happened

#: A part's lines are held in memory at once; its people's states come on top.
PART_BYTES = 128 * 1024 * 1024
#: Exports write the stream's id near the start of a line: most lines of other parts are never parsed.
_STREAM = re.compile(rb'"stream_id":"(person-[^"\\]+)"')
_LOOKED_AT_BYTES = 400
#: Of an export's encodings the one whose lines are the log's; a CloudEvents file has one more suffix.
_LOGS = "[0-9][0-9][0-9][0-9].ndjson"


class HistoryUnreadable(Exception):
    """A directory holds no logs of adjudication."""

    code = "history_unreadable"

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"no logs of adjudication (adjudication/*.ndjson) in {directory}; `huiji export --format log` writes them"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the people of one shard's log: those whose stream falls into part `number` of `of`."""

    file: Path
    number: int
    of: int

    @property
    def name(self) -> str:
        """The part's name, in order of shard and number."""
        return f"{self.file.stem}-{self.number:03d}-of-{self.of:03d}"

    @property
    def bytes(self) -> int:
        """About how much of the file it is."""
        return self.file.stat().st_size // self.of


@dataclass(frozen=True, slots=True)
class Premium:
    """What one coverage cost."""

    plan_id: str
    tier: str | None
    amount_fen: int


def parts_of(directory: Path, part_bytes: int = PART_BYTES) -> list[Part]:
    """The parts of an exported history. Raises HistoryUnreadable."""
    files = sorted((directory / "adjudication").glob(_LOGS))
    if not files:
        raise HistoryUnreadable(directory)
    return [
        Part(file, number, parts)
        for file in files
        for parts in (max(1, -(-file.stat().st_size // part_bytes)),)
        for number in range(parts)
    ]


def identity_of(directory: Path) -> str:
    """SHA-256 that tells one exported history from another: its manifest, else names and sizes of its files."""
    manifest = directory / "manifest.json"
    if manifest.exists():
        return hashlib.sha256(manifest.read_bytes()).hexdigest()
    files = sorted(directory.rglob("*.ndjson"))
    listed = [f"{file.relative_to(directory)} {file.stat().st_size}" for file in files]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def people_of(part: Part) -> Iterator[tuple[str, list[Happened]]]:
    """Each person's stream with its events in order."""
    streams: dict[str, list[bytes]] = {}
    for stream_id, line in _person_lines(part):
        streams.setdefault(stream_id, []).append(line)
    for stream_id, lines in streams.items():
        yield stream_id, [_happened(line) for line in lines]


def sample_of(part: Part, sample_bytes: int) -> tuple[list[tuple[str, list[Happened]]], int]:
    """The first people of a part, by the beginning of its file, and how many bytes that is: to estimate by."""
    streams: dict[str, list[Happened]] = {}
    read = 0
    for stream_id, line in _person_lines(part):
        streams.setdefault(stream_id, []).append(_happened(line))
        read += len(line)
        if read >= sample_bytes:
            break
    return list(streams.items()), read


def events_in(directory: Path) -> int:
    """How many events of adjudication the history has."""
    return sum(_lines_in(file) for file in sorted((directory / "adjudication").glob(_LOGS)))


def premiums_of(directory: Path) -> list[Premium]:
    """What every coverage cost, from enrolment's log; empty when the history has none."""
    found: dict[str, Premium] = {}
    for file in sorted((directory / "enrolment").glob(_LOGS)):
        with file.open("rb") as lines:
            for line in lines:
                if b'"CoverageActivated"' not in line:
                    continue
                event = _decoded(orjson.loads(line))
                if isinstance(event, CoverageActivated):
                    found[event.coverage_id] = Premium(event.plan_id, event.tier, event.premium_fen)
    return list(found.values())


def _person_lines(part: Part) -> Iterator[tuple[str, bytes]]:
    with part.file.open("rb") as lines:
        for line in lines:
            found = _STREAM.search(line, 0, _LOOKED_AT_BYTES)
            if found is None:
                continue
            stream_id = found.group(1)
            # Not Python's hash: a part has the same people in every process.
            if part.of == 1 or zlib.crc32(stream_id) % part.of == part.number:
                yield stream_id.decode(), line


def _happened(line: bytes) -> Happened:
    raw = orjson.loads(line)
    return Happened(_decoded(raw), datetime.fromisoformat(raw["recorded_at"]))


def _decoded(raw: dict[str, Any]) -> Any:
    return decode(raw["type"], raw["schema_version"], raw["body"].encode())


def _lines_in(file: Path) -> int:
    with file.open("rb") as content:
        return sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 20), b""))
