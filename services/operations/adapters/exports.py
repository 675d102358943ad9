"""Exports on disk: a directory per service, a file of JSON lines per shard, and the manifest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import orjson

from libs.eventlog import Recorded
from libs.eventlog.envelope import to_json
from services.operations.domain.manifest import NAME, ExportedShard, Manifest, ManifestUnreadable, manifest_of


class ShardFile:
    """Writes one shard's events, as a context manager, and knows at the end what the manifest says about them."""

    def __init__(self, directory: Path, source: str, shard: int) -> None:
        self._source = source
        self._shard = shard
        self._name = f"{source}/{shard:04d}.ndjson"
        path = directory / self._name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._events = 0
        self._last: Recorded | None = None

    def write(self, events: list[Recorded]) -> None:
        """Append events in order."""
        lines = b"".join(to_json(event) + b"\n" for event in events)
        self._file.write(lines)
        self._digest.update(lines)
        self._events += len(events)
        self._last = events[-1] if events else self._last

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def exported(self) -> ExportedShard:
        """What the manifest says about the file, once it is complete."""
        return ExportedShard(
            source=self._source,
            shard=self._shard,
            file=self._name,
            events=self._events,
            position=self._last.position if self._last else 0,
            head_hash=self._last.hash.hex() if self._last else None,
            sha256=self._digest.hexdigest(),
        )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest, the last file of an export."""
    content = orjson.dumps(manifest.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (directory / NAME).write_bytes(content)


def read_manifest(directory: Path) -> Manifest:
    """The manifest of an export. Raises ManifestUnreadable."""
    try:
        return manifest_of(orjson.loads((directory / NAME).read_bytes()))
    except OSError as error:
        raise ManifestUnreadable(f"{directory / NAME}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise ManifestUnreadable(f"{directory / NAME} is not JSON") from error


def exported_lines(directory: Path) -> Iterator[bytes]:
    """The lines of all logs below a directory."""
    for path in sorted(directory.rglob("*.ndjson")):
        with path.open("rb") as file:
            yield from file
