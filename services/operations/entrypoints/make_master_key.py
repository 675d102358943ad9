"""`huiji make-master-key`: the key that wraps every person's key, made once per deployment."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from libs.privacy import create_master_key, read_master_key


def make_master_key(path: Annotated[Path, typer.Argument(help="File to make, mode 0600.")]) -> None:
    """Make the master key unless it is there; an unusable file is an error, never replaced."""
    console = Console(soft_wrap=True)
    if path.exists():
        read_master_key(path)
        console.print(f"{path} is there already.")
    else:
        create_master_key(path)
        console.print(f"Made {path}. Without it no personal field can ever be read: back it up.")
