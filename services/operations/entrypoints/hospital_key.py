"""`huiji hospital-key HOSPITAL_ID`: the key under which a hospital encrypts what it sends by topic."""

import base64
from pathlib import Path
from typing import Annotated

import typer

from libs.privacy import MasterKeyFileUnusable, read_master_key
from libs.privacy.hospital_key import hospital_key as derive
from services.operations.entrypoints.exits import NO, WRONG_CALL
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import refuse


def hospital_key(
    hospital_id: Annotated[str, typer.Argument(help="The hospital's national code (fixmedins_code).")],
    master_key_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The deployment's master keys; else those of the running platform.",
        ),
    ] = None,
    platform: PlatformFile = None,
) -> None:
    """Print a hospital's key as base64url (32 bytes, A256GCM). Hand it over by a safe way: it opens what it sends."""
    if not hospital_id:
        raise typer.BadParameter("a hospital without an id has no key", param_hint="HOSPITAL_ID")
    if master_key_file is None:
        with reaching():
            master_key_file = find_platform(platform).master_key_file
    if master_key_file is None:
        refuse("the platform does not say where its master keys are; use --master-key-file", WRONG_CALL)
    try:
        ring = read_master_key(master_key_file)
    except MasterKeyFileUnusable as error:
        refuse(str(error), NO)
    typer.echo(base64.urlsafe_b64encode(derive(ring, hospital_id)).rstrip(b"=").decode())
