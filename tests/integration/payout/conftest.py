from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.local_platform.processes import Processes
from services.payout.adapters.bank import Bank, BankSettings
from tests.integration.payout.bank_process import BankProcess


@pytest.fixture
def bank_process(tmp_path: Path) -> Iterator[BankProcess]:
    """A bank not yet started."""
    with Processes(tmp_path / "logs") as processes:
        yield BankProcess(processes, tmp_path / "bank.sqlite")


@pytest.fixture
def running(bank_process: BankProcess) -> BankProcess:
    """A bank with Huiji's account, where what is sent is booked at once."""
    bank_process.start()
    bank_process.open_account()
    return bank_process


@pytest.fixture
async def bank(running: BankProcess) -> AsyncIterator[Bank]:
    async with Bank(BankSettings(url=running.url)) as client:
        yield client
