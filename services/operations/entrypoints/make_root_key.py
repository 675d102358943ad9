"""`huiji make-root-key`: the key that one service signs its published roots with."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from libs.eventlog import EventLogError
from libs.eventlog.root_signing import create_signing_key, open_signer
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import refuse


def make_root_key(path: Annotated[Path, typer.Argument(help="File to make, mode 0600.")]) -> None:
    """Make a key for HUIJI_ROOT_KEY_FILE unless it is there, and print its public half: publish that."""
    try:
        public_key = open_signer(path).public_key if path.exists() else create_signing_key(path)
    except (EventLogError, OSError) as error:
        refuse(str(error), NO)
    Console(soft_wrap=True, highlight=False).print(public_key.hex())
