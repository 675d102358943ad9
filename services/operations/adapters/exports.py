"""Exports on disk: a directory per service, its files of events per shard, and the manifest."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import orjson

from libs.eventlog import Recorded
from libs.eventlog.envelope import to_json
from services.operations.adapters.event_files import read_events, shard_writer
from services.operations.domain.manifest import (
    NAME,
    ExportedShard,
    Manifest,
    ManifestUnreadable,
    manifest_of,
)


class ShardFile:
    """Writes one shard's lines, as a context manager, and knows at the end what the manifest says about them."""

    def __init__(self, directory: Path, source: str, shard: int) -> None:
        self._writer = shard_writer("log", directory, source, shard)
        self._written: list[ExportedShard] = []

    def write(self, events: list[Recorded]) -> None:
        """Append events in order."""
        self._writer.write(events)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if any(error):
            self._writer.close()
        else:
            self._written = self._writer.finish()

    def exported(self, end: tuple[int, str | None] | None = None) -> ExportedShard:
        """What the manifest says about the file; `end` is where the log itself says that the shard ends."""
        (written,) = self._written
        return written if end is None else replace(written, position=end[0], head_hash=end[1])


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


def manifest_digest(directory: Path) -> str:
    """SHA-256 of the manifest: kept elsewhere, it vouches for the whole export."""
    return hashlib.sha256((directory / NAME).read_bytes()).hexdigest()


def exported_lines(directory: Path) -> Iterator[bytes]:
    """The lines of all logs below a directory, as logs are served, however they were exported."""
    if (directory / NAME).exists() and (manifest := read_manifest(directory)).encoding != "log":
        for shard in manifest.shards:
            yield from map(to_json, read_events(directory / shard.file, shard.source))
        return
    for path in sorted(directory.rglob("*.ndjson")):
        with path.open("rb") as file:
            yield from file
