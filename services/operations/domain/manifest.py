"""What an export says about itself: which part of which log it holds, and how to tell that it is unharmed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = "huiji-export-1"
NAME = "manifest.json"


class ManifestUnreadable(Exception):
    """A manifest is missing or says something else."""

    code = "manifest_unreadable"


@dataclass(frozen=True, slots=True)
class ExportedShard:
    """One file of an export: a shard of a service's log from its first event to `position`."""

    source: str
    shard: int
    file: str
    events: int
    position: int
    head_hash: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An export. The shards form a consistent cut: what an event followed from is in it too."""

    exported_at: str
    shards: Sequence[ExportedShard]

    @property
    def events(self) -> int:
        """Events in all files."""
        return sum(shard.events for shard in self.shards)

    @property
    def heads(self) -> Mapping[tuple[str, int], int]:
        """The last position by (source, shard)."""
        return {(shard.source, shard.shard): shard.position for shard in self.shards}

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        shards = [asdict(shard) for shard in self.shards]
        return {"format": FORMAT, "exported_at": self.exported_at, "events": self.events, "shards": shards}


def manifest_of(document: Any) -> Manifest:
    """The inverse of `Manifest.as_json`. Raises ManifestUnreadable."""
    try:
        if document["format"] != FORMAT:
            raise ManifestUnreadable(f"an export of format {document['format']!r}, not {FORMAT!r}")
        shards = tuple(ExportedShard(**shard) for shard in document["shards"])
        return Manifest(str(document["exported_at"]), shards)
    except (KeyError, TypeError) as error:
        raise ManifestUnreadable(f"not a manifest of an export: {type(error).__name__}") from error
