"""A small file that people edit while a process runs: read again when it changes, kept as it was when it is broken."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

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
        seen = signature_of(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            # YAML of a thousand hospitals takes a second: not in the loop that answers them.
            self.current = await asyncio.to_thread(self._read, self._path)
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


def signature_of(path: Path) -> tuple[int, ...]:
    """Another whenever the file, or what its link points to, is another; empty for none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    # Its status, too: a file that nobody was allowed to read and now may be read is otherwise the same.
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino
