"""Processor time of processes and what they have started, from /proc: a busy machine changes it little."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the command's closing parenthesis (proc(5) numbers them from 3).
_PARENT, _TIMES = 1, slice(11, 15)


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
