"""`huiji hospital-token CALLER` and `huiji new-token`: what a caller shows, and how a city makes one."""

import secrets
from typing import Annotated

import typer

from libs.runtime.staff import token_hash
from services.operations.adapters.demo_callers import REGIONAL, hospital_token
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching

_TOKEN_BYTES = 32


def hospital_token_of(
    caller: Annotated[
        str,
        typer.Argument(help="A hospital of the generated city (fixmedins_code), or its region's platform."),
    ] = REGIONAL,
    platform: PlatformFile = None,
) -> None:
    """Print the made-up token of a caller of this machine's platform, to be shown to intake."""
    with reaching():
        typer.echo(hospital_token(find_platform(platform).hospital_callers_file, caller))


def new_token() -> None:
    """Make a token for a hospital, a service or a member of staff: the token once, and the hash for the file."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    typer.echo(token)
    typer.echo(f"sha256: {token_hash(token)}", err=True)
