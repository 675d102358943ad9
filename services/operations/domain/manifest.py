"""What an export says about itself: which part of which log it holds, and how to tell that it is unharmed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

FORMAT = "huiji-export-1"
NAME = "manifest.json"

Encoding = Literal["log", "cloudevents", "parquet"]
"""How events are written: as logs are served, as CloudEvents 1.0 in JSON, or in columns."""


class ManifestUnreadable(Exception):
    """A manifest is missing or says something else."""

    code = "manifest_unreadable"


@dataclass(frozen=True, slots=True)
class ExportedShard:
    """One file of an export: a shard of a service's log, or a part of it after the part before.

    `position` and `head_hash` are of its last event; of an empty shard 0 and None.
    """

    source: str
    shard: int
    file: str
    events: int
    position: int
    head_hash: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One file of an export: a table that is not a log, in PostgreSQL's text format for COPY."""

    schema: str
    table: str
    columns: tuple[str, ...]
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An export. The shards form a consistent cut: what an event followed from is in it too.

    `state` are the tables that went with the logs at the same moment, each service's own; none in an export of logs
    alone. `keys`: the persons' wrapped keys are among them.
    """

    exported_at: str
    shards: Sequence[ExportedShard]
    encoding: Encoding = "log"
    state: Sequence[ExportedTable] = ()
    keys: bool = False

    @property
    def events(self) -> int:
        """Events in all files."""
        return sum(shard.events for shard in self.shards)

    @property
    def heads(self) -> Mapping[tuple[str, int], int]:
        """The last position by (source, shard)."""
        return {(shard.source, shard.shard): shard.position for shard in self.shards}

    @property
    def shard_counts(self) -> Mapping[str, int]:
        """How many shards each log has."""
        by_source: dict[str, set[int]] = {}
        for shard in self.shards:
            by_source.setdefault(shard.source, set()).add(shard.shard)
        return {source: len(shards) for source, shards in by_source.items()}

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "exported_at": self.exported_at,
            "events": self.events,
            "encoding": self.encoding,
            "keys": self.keys,
            "shards": [asdict(shard) for shard in self.shards],
            "state": [asdict(table) for table in self.state],
        }


def manifest_of(document: Any) -> Manifest:
    """The inverse of `Manifest.as_json`. Raises ManifestUnreadable."""
    try:
        if document["format"] != FORMAT:
            raise ManifestUnreadable(f"an export of format {document['format']!r}, not {FORMAT!r}")
        encoding = document.get("encoding", "log")
        if encoding not in get_args(Encoding):
            raise ManifestUnreadable(f"events are encoded as {encoding!r}, which this version cannot read")
        shards = tuple(ExportedShard(**shard) for shard in document["shards"])
        state = tuple(
            ExportedTable(**{**table, "columns": tuple(table["columns"])})
            for table in document.get("state", ())
        )
        return Manifest(
            str(document["exported_at"]), shards, encoding, state, bool(document.get("keys", False))
        )
    except (KeyError, TypeError) as error:
        raise ManifestUnreadable(f"not a manifest of an export: {type(error).__name__}") from error
