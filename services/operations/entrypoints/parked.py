"""`huiji parked`: events that a service could not process, and what is done about them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, ask
from services.operations.adapters.credentials import caller_token, staff_token
from services.operations.domain.changes import changes
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import By, histories
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table
from services.operations.entrypoints.showing import label, shown
from services.operations.use_cases.parked import look_at_parked, retry_everywhere

parked = typer.Typer(no_args_is_help=True, help="Events that a service could not process.")

Service = Annotated[str, typer.Option("--service", help="The service that could not process them.")]
Subject = Annotated[str, typer.Argument(help="What is parked together, e.g. claim-<id>.")]

Why = Annotated[str, typer.Option("--why", help="The reason, kept with the event.")]

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
            found = _listed(running, name, f"parked?{query}", asked_for=service is not None)
            rows += [{"service": name, **row} for row in found]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ("service", "subject", "type", "reason", "error", "attempts", "parked_at")
        print_table(columns, [_cells(row, columns) for row in rows], right=("attempts",))
    else:
        console().print("Nothing is parked.")


def _cells(row: dict[str, Any], columns: Sequence[str]) -> list[object]:
    return [local(row[column]) if column.endswith("_at") else row[column] for column in columns]


def _listed(running: RunningAt, service: str, what: str, *, asked_for: bool) -> list[dict[str, Any]]:
    """A service that consumes nothing has no such resource; that matters only when it was asked for by name."""
    try:
        found: list[dict[str, Any]] = ask(f"{running.url(service)}/{what}", token=caller_token(running))
    except Refused as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        if asked_for:
            raise Refused(refusal.status, f"{service} consumes nothing, so it parks nothing") from None
        return []
    return found


@parked.command()
def reasons(
    service: Annotated[str | None, typer.Option("--service", help="One service; all when left out.")] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What is parked by reason: events, subjects, and how old the oldest is."""
    with reaching():
        running = find_platform(platform)
        names = [service] if service is not None else list(running.services)
        rows: list[dict[str, Any]] = []
        for name in names:
            found = _listed(running, name, "parked/reasons", asked_for=service is not None)
            rows += [{"service": name, **row} for row in found]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ("service", "reason", "events", "subjects", "oldest_seconds", "oldest_parked_at")
        print_table(columns, [_cells(row, columns) for row in rows], right=columns[2:5])
    else:
        console().print("Nothing is parked.")


@parked.command()
def show(
    subject: Subject,
    service: Service,
    by: By = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """A subject's parked events beside their errors, what amends them, and the service's state of the subject.

    Personal fields are sealed. Looking at the state is recorded.
    """
    with reaching():
        running = find_platform(platform)
        looked = look_at_parked(histories(running, by, "parked"), service, subject)
    if as_json:
        print_json(looked)
        return
    for row in looked["parked"]:
        console().print(f"[bold]{row['type']}[/bold] {row['source']}/{row['shard']}/{row['position']}")
        for name in ("reason", "error", "attempts", "parked_at"):
            value = local(row[name]) if name.endswith("_at") else row[name]
            console().print(f"  {name}: {value}", markup=False, soft_wrap=True)
        console().print(f"  {row['event']['body']}", markup=False, soft_wrap=True)
        for amendment in row["amendments"]:
            who = amendment.get("approved_by") or amendment.get("annulled_by") or amendment["proposed_by"]
            text = f"  {amendment['type']} {amendment['number']} by {who}: {amendment['why']}"
            console().print(text, markup=False, soft_wrap=True)
    for stream_id, state in looked["states"].items():
        console().print(f"[bold]state of {stream_id} in {service}[/bold]")
        for change in changes(None, state):
            console().print(f"  {label(change)}: {shown(change, change.after)}", markup=False, soft_wrap=True)


@parked.command()
def retry(
    subject: Annotated[
        str | None, typer.Argument(help="One subject; left out: all, or those of --reason.")
    ] = None,
    service: Annotated[str | None, typer.Option("--service", help="One service; all when left out.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only subjects whose first event is parked for it.")
    ] = None,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Process parked events again, in order, until one fails again; many at once: upstream services first."""
    if subject is not None and (service is None or reason is not None):
        raise typer.BadParameter("a subject needs --service, and no --reason")
    with reaching():
        running = find_platform(platform)
        token = staff_token(running, by)
        if subject is not None and service is not None:
            done = ask(f"{_url(running, service, subject)}/retry", {}, token=token)
        else:
            names = [service] if service is not None else list(running.services)
            done = retry_everywhere(running, names, token, reason)
    if as_json:
        print_json(done)
    else:
        console().print(f"{done['retried']} processed, {done['still_parked']} still parked.")
    raise typer.Exit(1 if done["still_parked"] else 0)


@parked.command()
def annul(
    subject: Subject,
    service: Service,
    why: Why,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Declare a subject's first parked event void for every service that could not process it.

    It stays in its log; the annulment is an event beside it. What waits behind it goes on by itself.
    """
    _amend(platform, service, subject, "annul", {"why": why}, by, as_json)


@parked.command()
def patch(
    subject: Subject,
    service: Service,
    file: Annotated[Path, typer.Option("--file", help="JSON: the whole body it should be read with.")],
    why: Why,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose a body for a subject's first parked event. Nothing changes until another person approves it."""
    try:
        patched = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="--file") from None
    body = {"why": why, "patched": patched}
    _amend(platform, service, subject, "propose", body, by, as_json)


@parked.command()
def approve(
    subject: Subject,
    service: Service,
    why: Why,
    proposal: Annotated[
        int, typer.Option("--proposal", min=1, help="The proposal's number, as `patch` and `show` say it.")
    ],
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Approve the patch that another person proposed; the subject is tried again by itself."""
    _amend(platform, service, subject, "approve", {"why": why, "proposal": proposal}, by, as_json)


def _amend(
    platform: PlatformFile, service: str, subject: str, act: str, body: dict[str, Any], by: str, as_json: bool
) -> None:
    """The service says which event it could not process; the log that has the event records the amendment."""
    with reaching():
        running = find_platform(platform)
        token = staff_token(running, by)
        first = ask(_url(running, service, subject), token=token)[0]
        place = f"{first['shard']}/{first['position']}"
        done = ask(f"{running.url(first['source'])}/amendments/{place}/{act}", body, token=token)
    if as_json:
        print_json(done)
    else:
        done_word = next(word for word in ("proposed", "approved", "annulled") if word in done)
        number = f" (proposal {done['proposal']})" if "proposal" in done else ""
        console().print(f"{done_word}: {first['type']} at {place} of {first['source']}{number}.")


@parked.command()
def discard(
    subject: Subject,
    service: Service,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the event.")],
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Pass a subject's first parked event over for good; what waits behind it can be retried then."""
    with reaching():
        running = find_platform(platform)
        url = f"{_url(running, service, subject)}/discard"
        done = ask(url, {"why": why}, token=staff_token(running, by))
    print_json(done) if as_json else console().print(f"{done['discarded']} discarded.")


def _url(running: RunningAt, service: str, subject: str) -> str:
    return f"{running.url(service)}/parked/{quote(subject, safe='')}"
