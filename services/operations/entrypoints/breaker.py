"""`huiji breaker`: the breaker that holds a service when most of what arrives cannot be processed."""

from typing import Annotated, Any

import typer

from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import caller_token, staff_token
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json

breaker = typer.Typer(no_args_is_help=True, help="What holds a service when most events fail.")

Service = Annotated[str, typer.Option("--service", help="The service.")]


@breaker.command()
def show(service: Service, platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Of the last handled events, how many were parked, and whether the service holds."""
    with reaching():
        running = find_platform(platform)
        found = ask(f"{running.url(service)}/breaker", token=caller_token(running))
    _print(found, as_json)
    raise typer.Exit(1 if found["holds"] else 0)


@breaker.command()
def reset(
    service: Service,
    why: Annotated[str, typer.Option("--why", help="The reason.")],
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Let a service go on, without restarting it, when the events are poisoned and not the service; it parks again."""
    with reaching():
        running = find_platform(platform)
        url = f"{running.url(service)}/breaker/reset"
        before = ask(url, {"why": why}, token=staff_token(running, by))
    _print(before, as_json)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        word = "holds" if found["holds"] else "passes"
        console().print(f"{word}: {found['parked']} of the last {found['seen']} events were parked.")
