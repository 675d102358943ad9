"""`huiji url SERVICE`: where a part of the running platform answers, for curl and scripts."""

from typing import Annotated

import typer

from services.operations.adapters.announcing import RunningAt
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching


def url(
    service: Annotated[
        str | None, typer.Argument(help="A service, bureau or bank; all when left out.")
    ] = None,
    platform: PlatformFile = None,
) -> None:
    """Print a service's base URL alone; without a name, every part's."""
    with reaching():
        running = find_platform(platform)
        if service is not None:
            typer.echo(_outside(running).get(service) or running.url(service))
            return
    for name, address in {**running.services, **_outside(running)}.items():
        typer.echo(f"{name:<18}{address}")


def _outside(running: RunningAt) -> dict[str, str]:
    known = {"bureau": running.bureau_url, "bank": running.bank_url}
    return {name: address for name, address in known.items() if address}
