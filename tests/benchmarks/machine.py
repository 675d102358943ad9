"""The machine that a benchmark ran on, and how busy others kept it."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from time import process_time

from tests.benchmarks.processor_time import processor_seconds


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


class Others:
    """What others took of the machine since this was made, beside the processes counted and the sender itself."""

    def __init__(self, process_ids: Mapping[str, int]) -> None:
        self._process_ids = process_ids
        self._machine, self._ours = _ticks(), self._our_seconds()

    def share(self) -> float:
        """Of all processor time since then, 0 to 1; the hypervisor's part is in it."""
        spent = [after - before for before, after in zip(self._machine, _ticks(), strict=True)]
        # user nice system idle iowait irq softirq steal (proc(5))
        busy = sum(spent) - spent[3] - spent[4]
        ours = (self._our_seconds() - self._ours) * os.sysconf("SC_CLK_TCK")
        return max(0.0, busy - ours) / (sum(spent) or 1)

    def _our_seconds(self) -> float:
        return sum(processor_seconds(self._process_ids).values()) + process_time()


def _ticks() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
