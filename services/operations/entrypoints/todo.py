"""`huiji todo`: everything that waits for a person, in one list, with its owner and its clock."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from libs.money import format_yuan
from services.operations.adapters.announcing import RunningAt
from services.operations.domain.todo import HEARD, Todo, in_order, todo_of
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table
from services.operations.use_cases.read_approvals import (
    Approval,
    answers_of,
    planned_replays,
    proposed_patches,
)
from services.operations.use_cases.read_turns import OnCount, read_turns

_OWNERS = ("hospital", "enrolment", "operator", "fraud", "staff", "approver")
_WHAT_TO_DO = {
    "pended": "who owns it provides what is missing",
    "review": "POST /reviews/ID/conclude at fraud",
    "second_person": "approve or reject the ruling; huiji pay-again PAYMENT --approve",
    "appeal": "rule on it, then conclude it",
    "one_stop": "huiji one-stop show, then accept or dispute it",
    "unpayable": "the bank refused it or sent it back: huiji pay-again PAYMENT --to FILE",
    "held": "no account is known: enrolment",
}


def todo(
    owner: Annotated[str | None, typer.Option(help=f"Only what waits for: {', '.join(_OWNERS)}.")] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Pended claims, reviews, rulings for a second person, appeals, what the insurance centre settled otherwise, money
    that came back; patches and replays to be approved; parked events. Due first.
    """
    if owner not in (None, *_OWNERS):
        raise typer.BadParameter(
            f"nothing waits for {owner!r}; one of {', '.join(_OWNERS)}", param_hint="--owner"
        )
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with reaching():
        running = find_platform(platform)
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("reading", total=None)
            found = asyncio.run(
                _claims(
                    running,
                    lambda events: progress.update(task, total=events),
                    lambda events: progress.advance(task, events),
                )
            )
        approvals = [*proposed_patches(running), *asyncio.run(planned_replays(running))]
        parked = _parked(running)
    found = [each for each in found if owner in (None, each.owner)]
    approvals = approvals if owner in (None, "approver") else []
    parked = parked if owner in (None, "operator") else []
    if as_json:
        claims, waiting = [each.as_json() for each in found], [each.as_json() for each in approvals]
        print_json({"claims": claims, "approvals": waiting, "parked": parked})
        return
    _print(found, approvals, parked)


async def _claims(running: RunningAt, on_total: OnCount, on_page: OnCount) -> list[Todo]:
    found: list[Todo] = []
    async with aclosing(read_turns(running.services, HEARD, on_total, on_page)) as shards:
        async for claims in shards:
            found += [each for turns in claims.values() for each in todo_of(turns)]
    return in_order(found)


def _parked(running: RunningAt) -> list[dict[str, Any]]:
    """By service and reason; a service that consumes nothing parks nothing."""
    return [
        {"service": name, **row}
        for name in running.services
        for row in answers_of(running, name, "parked/reasons")
    ]


def _print(found: list[Todo], approvals: list[Approval], parked: list[dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    rows = [
        (
            _clock(each.due, now),
            each.owner,
            each.kind,
            each.what,
            each.claim_id,
            "" if each.amount_fen is None else format_yuan(each.amount_fen),
            local(each.since),
        )
        for each in found
    ]
    if rows:
        print_table(("due", "owner", "kind", "what", "claim", "yuan", "since"), rows, right=("yuan",))
        for kind in dict.fromkeys(each.kind for each in found):
            console().print(f"{kind}: {_WHAT_TO_DO[kind]}", style="dim")
    for each in approvals:
        line = f"approver: {each.what}, by {each.by} {local(each.since)}: {each.command}"
        console().print(line, markup=False, soft_wrap=True)
    for row in parked:
        line = f"parked: {row['events']} events of {row['subjects']} subjects at {row['service']}: {row['reason']}"
        console().print(line, markup=False, soft_wrap=True)
    if not rows and not approvals and not parked:
        console().print("Nothing waits for a person.")


def _clock(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    word = "OVERDUE " if due < now else ""
    return f"{word}{local(due)}"
