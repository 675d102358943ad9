"""`huiji topics`: the broker's copies of the logs."""

from typing import Annotated

import typer

from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import caller_token
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json

topics = typer.Typer(no_args_is_help=True, help="The topics that carry the services' logs.")


@topics.callback()
def _topics() -> None:
    """The topics that carry the services' logs."""


@topics.command()
def rebuild(
    service: Annotated[str, typer.Option("--service", help="The service whose topic is published again.")],
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Publish a service's whole log again; consumers skip what they have by its position."""
    with reaching():
        running = find_platform(platform)
        done = ask(f"{running.url(service)}/relay/rebuild", {}, token=caller_token(running))
    if as_json:
        print_json(done)
    else:
        console().print(f"{done['events']} events of {service} are being published again.")
