"""`huiji staff-token MEMBER`: what a member of this machine's made-up staff shows, for a request by hand."""

from typing import Annotated

import typer

from services.operations.adapters.credentials import LOOKS, staff_token
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching


def staff_token_of(
    member: Annotated[str, typer.Argument(help="Such as operator-01, examiner-01, senior-01.")] = LOOKS,
    platform: PlatformFile = None,
) -> None:
    """Print the made-up token of a member of this machine's platform's staff."""
    with reaching():
        typer.echo(staff_token(find_platform(platform), member))
