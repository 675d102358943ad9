"""The data of a platform that does not run: its database and its bank are started for a look, nothing else is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libs.local_platform import (
    Processes,
    RunLock,
    create_database_if_missing,
    private_directory,
    start_embedded_postgres,
    start_mock_bank,
    stop_signals,
)
from services.operations.adapters.root_witness import ROOT_KEYS
from services.operations.domain.errors import OperationsError
from services.operations.domain.topology import BANK_PREFERRED_PORT, DATABASE
from services.operations.use_cases.take_cut import Deployment


class NoData(OperationsError):
    """There is no platform's data."""

    code = "no_data"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"no platform has left data in {directory}")


@contextmanager
def stopped_data(directory: Path) -> Iterator[Deployment]:
    """Within: the database and the bank of the platform at `directory` answer. Raises NoData, `AlreadyRunning`."""
    if not (directory / "postgres").exists():
        raise NoData(directory)
    with (
        RunLock(private_directory(directory) / "run"),
        Processes(directory / "run" / "logs", lambda name, state: None) as processes,
        stop_signals(processes),
    ):
        postgres = start_embedded_postgres(processes, directory / "postgres")
        database_url = asyncio.run(create_database_if_missing(postgres, DATABASE))
        bank_url = None
        if (directory / "bank.sqlite").exists():
            bank_url = start_mock_bank(
                processes, directory / "bank.sqlite", preferred_port=BANK_PREFERRED_PORT
            ).url
        yield Deployment(None, database_url, bank_url, directory / ROOT_KEYS)
