"""How much memory this machine, or the container on it that we run in, lets us have."""

import os
from collections.abc import Sequence
from pathlib import Path

_LIMITS_OF_CONTAINERS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""As a container sees its own, by the second and the first version of control groups."""

_MEGABYTE = 1 << 20
_LEAST_MEGABYTES = 256
_MOST_MEGABYTES = 2048


def usable_memory_bytes(limits: Sequence[Path] = _LIMITS_OF_CONTAINERS) -> int:
    """The machine's memory, or a container's limit where that is lower. What says no number is no limit."""
    usable = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in limits:
        said = limit.read_text().strip() if limit.is_file() else ""
        if said.isdecimal():
            usable = min(usable, int(said))
    return usable


def shared_buffers_megabytes(memory_bytes: int) -> int:
    """What PostgreSQL may take for its buffers: an eighth of the memory, from 256 MB to 2 GB.

    Keys of claims and people are spread at random over their indexes. Where these do not stay in the buffers, each
    claim writes other claims' pages out to read its own in; the machine's cache then still has them, for the price of
    a call each. An eighth, because a dozen other processes run beside it, and because a page that the machine caches,
    too, is held twice. Only what is used is ever taken: small data take no more than before.
    """
    return min(max(memory_bytes // 8 // _MEGABYTE, _LEAST_MEGABYTES), _MOST_MEGABYTES)
