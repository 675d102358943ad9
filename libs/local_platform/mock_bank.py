"""The bank from the wheel `mock-bank`: pain.001 in; pain.002, camt.054, camt.053 and returns out."""

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from libs.local_platform.ports import LOOPBACK, choose_port
from libs.local_platform.processes import Processes, ProcessSpec, answers_http

BANK_ZONE = ZoneInfo("Asia/Shanghai")
_LOCK_WAIT_SECONDS = 10
# A file's messages are trees of as many objects as a page of young ones holds: the collector looked through all of them
# again and again, found nothing, and took 7 % of the bank's processor time.
_PROGRAM = (
    "-c",
    "import gc, sys, mockbank.__main__ as bank; gc.set_threshold(100_000); sys.exit(bank.main())",
)
# Without them every request scans all payments it ever had (docs/bank.md has the measurements).
_INDEXES = (
    "create index if not exists hj_unbooked on payment (status, settlement_date) where booked_at is null",
    "create index if not exists hj_coming_back on payment (return_due)"
    " where return_due is not null and returned_at is null",
)


@dataclass(frozen=True)
class MockBank:
    """A running bank; `url` is the base address of its HTTP interface, `pid` its process."""

    url: str
    pid: int


def start_mock_bank(
    processes: Processes,
    database: Path,
    *,
    name: str = "bank",
    preferred_port: int = 0,
    options: tuple[str, ...] | None = None,
) -> MockBank:
    """Start the bank with its books in the SQLite file `database`; wait until it answers. Raises `PartDidNotStart`.

    Unless `options` say otherwise it settles at once, whatever day and hour it is.
    """
    if options is None:
        options = settling_at_once(datetime.now(BANK_ZONE).date())
    port = choose_port(preferred_port)
    database.parent.mkdir(parents=True, exist_ok=True)
    place = ("--host", LOOPBACK, "--port", str(port), "--db", str(database))
    pid = processes.start_and_wait(
        ProcessSpec(
            name=name,
            command=(sys.executable, *_PROGRAM, *place, *options),
            environment={"PYTHONUNBUFFERED": "1"},
            ready=answers_http(port, "/_mock/health"),
        )
    )
    with closing(sqlite3.connect(database, timeout=_LOCK_WAIT_SECONDS)) as books, books:
        for index in _INDEXES:
            books.execute(index)
    return MockBank(f"http://{LOOPBACK}:{port}", pid)


def settling_at_once(today: date) -> tuple[str, ...]:
    """Bank time starts on the Monday after `today`, and the cut-off is as late as it goes.

    So its day is a working day, ahead of ours also when our day ends, and five days pass before its first weekend.
    An execution date that is past for the bank delays nothing; one in its future would.
    """
    monday = today + timedelta(days=7 - today.weekday())
    return ("--clock", f"{monday.isoformat()}T00:00", "--cutoff", "23:59", "--timezone", BANK_ZONE.key)
