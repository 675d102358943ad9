"""Pytest plugin: which of several processes (`pytest -n 2`) runs which test.

A file goes to one of them, and so do all files that share a platform: their fixtures are dear to make, and would else
be made once in each process. Not xdist's own `--dist loadgroup`: with this pytest it silently sends each test wherever
there is room, as if there were no groups (pytest-xdist#1386).
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Folders of which each shares a platform: its conftest.py has the fixture.
PLATFORMS = ("tests/end_to_end/runbook", "tests/end_to_end", "tests/faults/platform")


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Ours, unless `--dist` asks for a way of xdist's own."""
    return SharingOut(config, log) if config.getoption("dist") == "load" else None


class SharingOut(LoadScopeScheduling):  # type: ignore[misc] # xdist says no types
    """Units in the order in which tests are collected: with the dear ones first, no process works long alone."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        # xdist would begin with the units of the most tests, and those are cheap.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(test_id: str) -> str:
    """What is not divided among processes: the test's file, or the folder whose files share a platform."""
    file = test_id.partition("::")[0]
    return next((folder for folder in PLATFORMS if file.startswith(f"{folder}/")), file)
