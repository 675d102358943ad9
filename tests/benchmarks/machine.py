"""The machine that a benchmark ran on, and how busy others kept it."""

import os
import platform
from pathlib import Path


def describe_machine() -> str:
    """Cores, their kind, memory and system, in one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} cores ({model}), {pages / 2**30:.0f} GiB, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}"
    )


class Busyness:
    """Processor seconds of the whole machine since it was made: what was not ours was others'."""

    def __init__(self) -> None:
        self._before = _times()

    def shares(self) -> tuple[float, float]:
        """(busy, stolen by the hypervisor) shares of all processor time since the start."""
        now = _times()
        spent = [after - before for before, after in zip(self._before, now, strict=True)]
        whole = sum(spent) or 1
        # user nice system idle iowait irq softirq steal (proc(5))
        return 1 - (spent[3] + spent[4]) / whole, spent[7] / whole


def _times() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
