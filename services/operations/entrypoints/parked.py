"""`huiji parked`: events that a service could not process, and what is done about them."""

import getpass
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.operations.adapters.asking import Refused, ask
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table

parked = typer.Typer(no_args_is_help=True, help="Events that a service could not process.")

Service = Annotated[str, typer.Option("--service", help="The service that could not process them.")]
Subject = Annotated[str, typer.Argument(help="What is parked together, e.g. claim-<id>.")]
By = Annotated[str, typer.Option("--by", help="Who does it; your account when left out.")]

_NOT_FOUND = 404


@parked.command("list")
def list_parked(
    service: Annotated[str | None, typer.Option("--service", help="One service; all when left out.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only those parked for this machine code.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many of each service.")] = 100,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What is parked, oldest first, with the reason."""
    with reaching():
        running = find_platform(platform)
        names = [service] if service is not None else list(running.services)
        query = f"limit={limit}" + (f"&reason={quote(reason)}" if reason else "")
        rows: list[dict[str, Any]] = []
        for name in names:
            found = _listed(f"{running.url(name)}/parked?{query}", asked_for=service is not None)
            rows += [{"service": name, **row} for row in found]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ("service", "subject", "type", "reason", "error", "attempts", "parked_at")
        print_table(columns, [[row[column] for column in columns] for row in rows], right=("attempts",))
    else:
        console().print("Nothing is parked.")


def _listed(url: str, *, asked_for: bool) -> list[dict[str, Any]]:
    """A service that consumes nothing has no such resource; that matters only when it was asked for by name."""
    try:
        found: list[dict[str, Any]] = ask(url)
    except Refused as refusal:
        if asked_for or refusal.status != _NOT_FOUND:
            raise
        return []
    return found


@parked.command()
def show(subject: Subject, service: Service, platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """A subject's parked events with their content; personal fields are sealed in it."""
    with reaching():
        rows = ask(_url(service, subject, platform))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        event = row.pop("event")
        console().print(f"[bold]{row['type']}[/bold] {row['source']}/{row['shard']}/{row['position']}")
        for name in ("reason", "error", "attempts", "parked_at"):
            console().print(f"  {name}: {row[name]}", markup=False, soft_wrap=True)
        console().print(f"  {event['body']}", markup=False, soft_wrap=True)


@parked.command()
def retry(
    subject: Subject, service: Service, by: By = "", platform: PlatformFile = None, as_json: AsJson = False
) -> None:
    """Process a subject's parked events again, in order, until one fails again."""
    with reaching():
        done = ask(f"{_url(service, subject, platform)}/retry", {"by": by or getpass.getuser()})
    if as_json:
        print_json(done)
    else:
        console().print(f"{done['retried']} processed, {done['still_parked']} still parked.")
    raise typer.Exit(1 if done["still_parked"] else 0)


@parked.command()
def discard(
    subject: Subject,
    service: Service,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the event.")],
    by: By = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Pass a subject's first parked event over for good; what waits behind it can be retried then."""
    with reaching():
        body = {"by": by or getpass.getuser(), "why": why}
        done = ask(f"{_url(service, subject, platform)}/discard", body)
    print_json(done) if as_json else console().print(f"{done['discarded']} discarded.")


def _url(service: str, subject: str, platform: PlatformFile) -> str:
    return f"{find_platform(platform).url(service)}/parked/{quote(subject, safe='')}"
