"""Questions to the read models; whoever has a token in the environment shows it, for where reading is limited."""

from typing import Any

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, ask
from services.operations.adapters.credentials import reader_token

_UNKNOWN_READER = 401


def ask_read_models(running: RunningAt, path: str) -> Any:
    """GET from the projections. Raises Refused, and httpx2.HTTPError when unreachable."""
    try:
        return ask(f"{running.url('projections')}{path}", token=reader_token(running, ""))
    except Refused as refusal:
        if refusal.status != _UNKNOWN_READER:
            raise
        hint = f"{refusal} huiji shows the token of $HUIJI_STAFF_TOKEN."
        raise Refused(refusal.status, hint) from None
