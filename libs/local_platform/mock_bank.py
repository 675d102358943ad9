"""The bank from the wheel `mock-bank`: pain.001 in; pain.002, camt.054, camt.053 and returns out."""

import sys
from dataclasses import dataclass
from pathlib import Path

from libs.local_platform.ports import LOOPBACK, choose_port
from libs.local_platform.processes import Processes, ProcessSpec, answers_http


@dataclass(frozen=True)
class MockBank:
    """A running bank; `url` is the base address of its HTTP interface."""

    url: str


def start_mock_bank(
    processes: Processes,
    database: Path,
    *,
    name: str = "bank",
    preferred_port: int = 0,
    options: tuple[str, ...] = ("--timezone", "Asia/Shanghai"),
) -> MockBank:
    """Start the bank with its books in the SQLite file `database`; wait until it answers. Raises `PartDidNotStart`."""
    port = choose_port(preferred_port)
    database.parent.mkdir(parents=True, exist_ok=True)
    place = ("--host", LOOPBACK, "--port", str(port), "--db", str(database))
    processes.start_and_wait(
        ProcessSpec(
            name=name,
            command=(sys.executable, "-m", "mockbank", *place, *options),
            environment={"PYTHONUNBUFFERED": "1"},
            ready=answers_http(port, "/_mock/health"),
        )
    )
    return MockBank(f"http://{LOOPBACK}:{port}")
