"""`huiji pay-again`: money that the bank refused or sent back, to a corrected account, when two people agree."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import staff_token
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json


def pay_again(
    payment_id: Annotated[str, typer.Argument(help="The payment that came back; huiji todo lists them.")],
    to: Annotated[
        Path | None,
        typer.Option(help='JSON with the account to propose: {"account": …, "account_bank": …}.'),
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Agree to what another has proposed.")] = False,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose to pay it to another account (--to), or agree to that as a second person (--approve)."""
    if (to is None) == (not approve):
        raise typer.BadParameter("either --to FILE proposes, or --approve agrees")
    body: dict[str, Any] = {}
    if to is not None:
        # In a file, not in the shell's history: an account is personal.
        try:
            body = orjson.loads(to.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise typer.BadParameter(f"{to}: {error}", param_hint="--to") from None
    with reaching():
        running = find_platform(platform)
        path = f"/payments/{quote(payment_id, safe='')}/pay-again" + ("/approval" if approve else "")
        done = ask(running.url("payout") + path, body, token=staff_token(running, by))
    if as_json:
        print_json(done)
    elif approve:
        console().print(f"approved by {done['by']}: it is paid as {done['paid_as']}", soft_wrap=True)
    else:
        console().print(
            f"proposed by {done['by']}; somebody else: huiji pay-again {payment_id} --approve", soft_wrap=True
        )
