"""How much memory this machine, or the container on it that we run in, lets us have; what PostgreSQL takes of it and of
the disk."""

import os
from collections.abc import Sequence
from pathlib import Path

_LIMITS_OF_CONTAINERS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""As a container sees its own, by the second and the first version of control groups."""

_MEGABYTE = 1 << 20
_LEAST_BUFFERS_MEGABYTES, _MOST_BUFFERS_MEGABYTES = 256, 16_384
_LEAST_LOG_MEGABYTES, _MOST_LOG_MEGABYTES = 2_048, 16_384


def usable_memory_bytes(limits: Sequence[Path] = _LIMITS_OF_CONTAINERS) -> int:
    """The machine's memory, or a container's limit where that is lower. What says no number is no limit."""
    usable = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in limits:
        said = limit.read_text().strip() if limit.is_file() else ""
        if said.isdecimal():
            usable = min(usable, int(said))
    return usable


def shared_buffers_megabytes(memory_bytes: int) -> int:
    """What PostgreSQL may take for its buffers: a quarter of the memory, from 256 MB to 16 GB.

    Keys of claims and people are spread at random over their indexes. Where these do not stay in the buffers, each
    claim writes other claims' pages out to read its own in. A quarter is PostgreSQL's own advice (chapter 19.4.1);
    pages are taken as they are used, all that small data take more is 1.5 % of the size for their bookkeeping.
    """
    return _within(_LEAST_BUFFERS_MEGABYTES, memory_bytes // 4, _MOST_BUFFERS_MEGABYTES)


def write_ahead_log_megabytes(disk_bytes: int) -> int:
    """What PostgreSQL's log may grow to between checkpoints: a sixteenth of the disk, from 2 to 16 GB.

    After a checkpoint each page is logged whole once. A log that is small for its data makes that circular: whole
    pages fill it, which forces the next checkpoint, after which they are logged whole again.
    """
    return _within(_LEAST_LOG_MEGABYTES, disk_bytes // 16, _MOST_LOG_MEGABYTES)


def _within(least_megabytes: int, wanted_bytes: int, most_megabytes: int) -> int:
    return min(max(wanted_bytes // _MEGABYTE, least_megabytes), most_megabytes)
