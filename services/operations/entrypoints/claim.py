"""`huiji claim CLAIM_ID`: one claim and its way through the services."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from libs.money import format_yuan
from services.operations.adapters.asking import ask
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table


def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """A claim as the read model has it, and every event on its way."""
    with reaching():
        found = ask(f"{find_platform(platform).url('projections')}/claims/{quote(claim_id, safe='')}")
    if as_json:
        print_json(found)
        return
    steps = found.pop("steps", [])
    for name, value in found.items():
        if value not in (None, [], ""):
            console().print(f"{name}: {_shown(name, value)}", markup=False, soft_wrap=True)
    rows = [(s["recorded_at"], s["source"], s["type"], f"{s['shard']}/{s['position']}") for s in steps]
    print_table(("recorded", "service", "event", "shard/position"), rows)


def _shown(name: str, value: Any) -> str:
    if name.endswith("_fen") and isinstance(value, int):
        return f"{format_yuan(value)} yuan"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
