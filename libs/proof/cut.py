"""A cut of a deployment on disk: every log to a position, the published roots, and the plans that decisions cite.

<source>/<shard>.ndjson   events as `libs.eventlog.envelope.to_json` writes them
roots.jsonl               published roots, one JSON object per line (may be absent)
plans/<digest>.json       a plan's canonical content, filed under the SHA-256 of its bytes
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from libs.eventlog.day_roots import DayRoot, root_of_json
from libs.eventlog.envelope import EnvelopeUnreadable, from_json
from libs.eventlog.event import Recorded

ROOTS = "roots.jsonl"
PLANS = "plans"
_SHARD_FILE = re.compile(r"^\d+\.ndjson$")


class CutUnreadable(Exception):
    """A file of a cut is missing or says something else than it should."""

    code = "cut_unreadable"


@dataclass(frozen=True, slots=True)
class Cut:
    """A directory that holds a cut."""

    directory: Path

    def sources(self) -> list[str]:
        """The services whose logs are here."""
        return sorted({path.parent.name for path in self._files("*")})

    def shard_files(self, source: str) -> list[Path]:
        """A service's files, in the order of its shards."""
        return sorted(self._files(source), key=lambda path: int(path.stem))

    def events(self, source: str) -> Iterator[Recorded]:
        """A service's events, shard after shard, each in order. Raises CutUnreadable."""
        for path in self.shard_files(source):
            yield from self.shard_events(path)

    def shard_events(self, path: Path) -> Iterator[Recorded]:
        """The events of one file. Raises CutUnreadable with the line."""
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield from_json(line)
                except EnvelopeUnreadable as error:
                    raise CutUnreadable(f"{path.name} line {number}: {error}") from None

    def event_count(self, *sources: str) -> int:
        """How many events the logs of these services hold; all when none is named."""
        wanted = sources or self.sources()
        return sum(_lines_in(path) for source in wanted for path in self.shard_files(source))

    def lines(self) -> Iterator[bytes]:
        """The lines of all logs."""
        for source in self.sources():
            for path in self.shard_files(source):
                with path.open("rb") as file:
                    yield from file

    def roots(self) -> list[DayRoot] | None:
        """The published roots; None when the cut has none. Raises CutUnreadable."""
        path = self.directory / ROOTS
        return read_roots(path) if path.exists() else None

    def write_roots(self, roots: Iterable[DayRoot]) -> None:
        """Put the published roots into the cut."""
        (self.directory / ROOTS).write_bytes(b"".join(orjson.dumps(root.as_json()) + b"\n" for root in roots))

    def plans(self) -> dict[str, bytes]:
        """Contents of plans by the digest they are filed under; whether it is theirs, the reader checks."""
        return {path.stem: path.read_bytes() for path in sorted((self.directory / PLANS).glob("*.json"))}

    def write_plan(self, digest: str, content: bytes) -> None:
        """Put a plan into the cut. Raises CutUnreadable when the content has another digest."""
        if hashlib.sha256(content).hexdigest() != digest:
            raise CutUnreadable(f"a plan that is filed under {digest[:16]}… has other content")
        (self.directory / PLANS).mkdir(exist_ok=True)
        (self.directory / PLANS / f"{digest}.json").write_bytes(content)

    def _files(self, source: str) -> list[Path]:
        return [path for path in self.directory.glob(f"{source}/*.ndjson") if _SHARD_FILE.match(path.name)]


def _lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def read_roots(path: Path) -> list[DayRoot]:
    """Published roots from a file of JSON lines. Raises CutUnreadable."""
    try:
        return [root_of_json(orjson.loads(line)) for line in path.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise CutUnreadable(f"{path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CutUnreadable(f"{path} does not hold published roots: {type(error).__name__}") from error


def read_keys(path: Path) -> dict[str, frozenset[bytes]]:
    """The public keys of services, from a JSON object of hex by service. Raises CutUnreadable."""
    try:
        return {
            source: frozenset(bytes.fromhex(key) for key in keys)
            for source, keys in orjson.loads(path.read_bytes()).items()
        }
    except OSError as error:
        raise CutUnreadable(f"{path}: {error.strerror}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise CutUnreadable(f"{path} does not hold public keys: {type(error).__name__}") from error
