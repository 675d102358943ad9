"""Processor time of processes and what they have started, from /proc: a busy machine changes it little."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the command's closing parenthesis (proc(5) numbers them from 3).
_PARENT, _TIMES = 1, slice(11, 15)
_LOOK_SECONDS = 0.1
_AUTOVACUUM_WORKER = b"postgres: autovacuum worker"


def processor_seconds(process_ids: Mapping[str, int]) -> dict[str, float]:
    """User and system seconds so far by name, with all descendants: PostgreSQL works in children of its own."""
    children: dict[int, list[int]] = defaultdict(list)
    seconds: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile; its parent has counted it
        children[int(fields[_PARENT])].append(int(entry.name))
        seconds[int(entry.name)] = sum(map(int, fields[_TIMES])) / _TICKS_PER_SECOND

    def total(process_id: int) -> float:
        return seconds.get(process_id, 0.0) + sum(map(total, children[process_id]))

    return {name: total(process_id) for name, process_id in process_ids.items()}


class Autovacuum:
    """Processor time of PostgreSQL's autovacuum workers, which live for a moment each: looked at ten times a second.

    They sweep and analyse a table when it has grown by some share: of a table of ten thousand claims after every
    thousand, of one of a million after a hundred thousand. Whether that falls into a cohort is chance.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, tuple[float, float]] = {}

    @property
    def seconds(self) -> float:
        """Since `watched` began; what a worker took in its last tenth of a second is missing."""
        return sum(last - first for first, last in self._seconds.values())

    @asynccontextmanager
    async def watched(self, postgres: int) -> AsyncIterator[None]:
        """Within: the workers of this postmaster are counted."""

        async def watch() -> None:
            while True:
                self._look(postgres)
                await asyncio.sleep(_LOOK_SECONDS)

        self._look(postgres)
        already = {worker: (last, last) for worker, (_, last) in self._seconds.items()}
        self._seconds = already
        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            self._look(postgres)

    def _look(self, postgres: int) -> None:
        for child in (
            (Path("/proc") / str(postgres) / "task" / str(postgres) / "children").read_text().split()
        ):
            process = Path("/proc") / child
            try:
                if not process.joinpath("cmdline").read_bytes().startswith(_AUTOVACUUM_WORKER):
                    continue
                fields = process.joinpath("stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            first, _ = self._seconds.get(int(child), (0.0, 0.0))
            self._seconds[int(child)] = first, sum(map(int, fields[_TIMES])) / _TICKS_PER_SECOND
