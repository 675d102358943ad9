"""A small YAML file that people edit while a process runs: read again when it changes, kept as it was when broken."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
import yaml
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import ValidationError

logger = structlog.get_logger(__name__)

T = TypeVar("T")

#: A token that leaked is unknown to every replica so soon after its line is gone; looking costs one system call.
LOOK_SECONDS = 1.0


class WatchedFile(Collector, Generic[T]):
    """`current` is what the file said when it could last be read.

    `read` raises `unusable` for a file that does not say what it should; made with one, it raises that.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], unusable: type[Exception], name: str) -> None:
        self._path = path
        self._read = read
        self._unusable = unusable
        self._name = name
        self._seen = signature_of(path)
        self.current = read(path)
        self.broken = False

    async def run(self) -> None:
        """Until cancelled: look whether it has changed."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Take over what it says by now, if it has changed and can be read."""
        if signature_of(self._path) != self._seen:
            # YAML of a thousand hospitals takes a second: not in the loop that answers them.
            await asyncio.to_thread(self.look_now)

    def look_now(self) -> None:
        """The same at once, of a file that is small enough for that."""
        seen = signature_of(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.current = self._read(self._path)
        except self._unusable as error:
            self.broken = True
            logger.error("file_unusable_kept_the_old", file=self._name, error=str(error))
        else:
            self.broken = False
            logger.info("file_read_again", file=self._name)

    def collect(self) -> Iterator[Metric]:
        """Read when scraped."""
        yield GaugeMetricFamily(
            f"huiji_{self._name}_broken",
            "1 while the file has changed and cannot be read: what it said before counts",
            value=int(self.broken),
        )


def read_edited(path: Path, validate: Callable[[Any], T], unusable: type[Exception]) -> T:
    """What a file says, as `validate` takes it. Raises `unusable`, without quoting the file."""
    try:
        return validate(yaml.safe_load(path.read_bytes()))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise unusable(f"{path.name}: {faults}") from None
    # A day that no month has is a ValueError of YAML's; a slip of the pen must not end a service that runs.
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise unusable(f"{path.name}: {type(error).__name__}") from None


def signature_of(path: Path) -> tuple[int, ...]:
    """Another whenever the file, or what its link points to, is another; empty for none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    # Its status, too: a file that nobody was allowed to read and now may be read is otherwise the same.
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino
