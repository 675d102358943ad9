"""`huiji make-staff`: made-up staff and readers for a deployment on one machine, made once."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.operations.adapters.demo_staff import readers_of_platform, staff_of_platform


def make_staff(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Where to make the files.")],
) -> None:
    """Make staff.yaml and readers.yaml, with their tokens beside (mode 0600); who is there keeps the token.

    A city names its people itself, and keeps no token in clear.
    """
    for file in (staff_of_platform(directory), readers_of_platform(directory)):
        Console(soft_wrap=True).print(f"{file} is there.")
