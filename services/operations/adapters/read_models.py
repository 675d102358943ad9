"""Questions to the read models; whoever has a token in the environment shows it, for where reading is limited."""

from typing import Any

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import reader_token


def ask_read_models(running: RunningAt, path: str) -> Any:
    """GET from the projections. Raises Refused, and httpx2.HTTPError when unreachable."""
    return ask(f"{running.url('projections')}{path}", token=reader_token(running, ""))
