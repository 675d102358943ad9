"""Events in files: lines as logs are served, lines of CloudEvents, or Parquet."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

import polars as pl

from libs.eventlog import Recorded
from libs.eventlog.cloudevents import from_cloudevent, to_cloudevent
from libs.eventlog.envelope import EnvelopeUnreadable, from_json, to_json
from services.operations.domain.manifest import Encoding, ExportedShard

PART_EVENTS = 50_000
"""Of a Parquet file: it is written and read whole, so this bounds memory."""

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "shard": pl.Int32,
    "position": pl.Int64,
    "stream_id": pl.String,
    "version": pl.Int32,
    "event_id": pl.String,
    "type": pl.String,
    "schema_version": pl.Int32,
    "subject": pl.String,
    "recorded_at": pl.Datetime("us", "UTC"),
    "caused_by": pl.String,
    "traceparent": pl.String,
    "body": pl.Binary,
    "hash": pl.Binary,
}
_LINES = {"log": (to_json, ".ndjson"), "cloudevents": (to_cloudevent, ".cloudevents.ndjson")}


class ShardWriter(Protocol):
    """Writes one shard's events; at the end it knows what the manifest says about them."""

    def write(self, events: list[Recorded]) -> None:
        """Append events in order."""

    def finish(self) -> list[ExportedShard]:
        """Complete the files."""

    def close(self) -> None:
        """Let go of what is open, finished or not."""


def shard_writer(encoding: Encoding, directory: Path, source: str, shard: int) -> ShardWriter:
    """Makes files below `directory`."""
    (directory / source).mkdir(parents=True, exist_ok=True)
    if encoding == "parquet":
        return _ParquetWriter(directory, source, shard)
    return _LineWriter(encoding, directory, source, shard)


class _LineWriter:
    def __init__(self, encoding: Encoding, directory: Path, source: str, shard: int) -> None:
        self._to_line, suffix = _LINES[encoding]
        self._place = (source, shard)
        self._name = f"{source}/{shard:04d}{suffix}"
        self._file = (directory / self._name).open("xb")
        self._digest = hashlib.sha256()
        self._events = 0
        self._last: Recorded | None = None

    def write(self, events: list[Recorded]) -> None:
        lines = b"".join(self._to_line(event) + b"\n" for event in events)
        self._file.write(lines)
        self._digest.update(lines)
        self._events += len(events)
        self._last = events[-1] if events else self._last

    def finish(self) -> list[ExportedShard]:
        self._file.close()
        return [_exported(self._place, self._name, self._events, self._last, self._digest.hexdigest())]

    def close(self) -> None:
        self._file.close()


class _ParquetWriter:
    def __init__(self, directory: Path, source: str, shard: int) -> None:
        self._directory = directory
        self._place = (source, shard)
        self._waiting: list[Recorded] = []
        self._parts: list[ExportedShard] = []

    def write(self, events: list[Recorded]) -> None:
        self._waiting += events
        while len(self._waiting) >= PART_EVENTS:
            self._write_part(self._waiting[:PART_EVENTS])
            del self._waiting[:PART_EVENTS]

    def finish(self) -> list[ExportedShard]:
        if self._waiting or not self._parts:
            self._write_part(self._waiting)
        return self._parts

    def close(self) -> None:
        self._waiting.clear()

    def _write_part(self, events: list[Recorded]) -> None:
        source, shard = self._place
        name = f"{source}/{shard:04d}-{len(self._parts):05d}.parquet"
        rows = [
            (
                e.shard, e.position, e.stream_id, e.version, str(e.event_id), e.type, e.schema_version, e.subject,
                e.recorded_at, str(e.caused_by) if e.caused_by else None, e.traceparent, e.body, e.hash,
            )
            for e in events
        ]  # fmt: skip
        pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_parquet(
            self._directory / name, compression="zstd", statistics=False
        )
        content = (self._directory / name).read_bytes()
        last = events[-1] if events else None
        self._parts.append(
            _exported(self._place, name, len(events), last, hashlib.sha256(content).hexdigest())
        )


def _exported(
    place: tuple[str, int], name: str, events: int, last: Recorded | None, digest: str
) -> ExportedShard:
    source, shard = place
    position, head = (last.position, last.hash.hex()) if last else (0, None)
    return ExportedShard(source, shard, name, events, position, head, digest)


def read_events(path: Path, source: str) -> Iterator[Recorded]:
    """The events of one file of `source`, in order. Raises EnvelopeUnreadable with the place, OSError."""
    if path.suffix == ".parquet":
        yield from _read_parquet(path, source)
        return
    from_line = from_cloudevent if path.name.endswith(".cloudevents.ndjson") else from_json
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield from_line(line)
            except EnvelopeUnreadable as error:
                raise EnvelopeUnreadable(f"line {number}: {error}") from None


def _read_parquet(path: Path, source: str) -> Iterator[Recorded]:
    try:
        frame = pl.read_parquet(path, memory_map=False)
        rows = frame.select(*_SCHEMA).iter_rows()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EnvelopeUnreadable(f"not a Parquet file of a log: {type(error).__name__}") from None
    for row in rows:
        fields = dict(zip(_SCHEMA, row, strict=True))
        fields["event_id"] = UUID(fields["event_id"])
        fields["caused_by"] = UUID(fields["caused_by"]) if fields["caused_by"] else None
        yield Recorded(source=source, **fields)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
