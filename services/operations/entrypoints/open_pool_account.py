"""`huiji open-pool-account`: the account that payout pays from, at the simulated bank."""

from typing import Annotated

import typer
from rich.console import Console

from services.operations.adapters import pool_account
from services.operations.entrypoints.serving import reporting


def open_pool_account(bank_url: Annotated[str, typer.Argument(help="Base URL of mock-bank.")]) -> None:
    """Open the pool's account at the simulated bank unless it is there."""
    with reporting(Console()):
        pool_account.open_pool_account(bank_url)
