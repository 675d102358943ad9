"""`huiji make-staff`: made-up staff, readers and callers for a deployment on one machine, made once."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.operations.adapters.demo_callers import callers_of_platform, services_of_platform
from services.operations.adapters.demo_staff import readers_of_platform, staff_of_platform
from services.operations.domain.topology import SERVICES


def make_staff(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Where to make the files.")],
) -> None:
    """Make staff.yaml, readers.yaml, hospital-callers.yaml, service-callers.yaml, the tokens beside (0600).

    Who is there keeps the token. A city names its people itself, and keeps no token in clear.
    """
    made = [make(directory) for make in (staff_of_platform, readers_of_platform, callers_of_platform)]
    made.append(services_of_platform(directory, [service.name for service in SERVICES]))
    for file in made:
        Console(soft_wrap=True).print(f"{file} is there.")
