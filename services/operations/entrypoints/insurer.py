"""`huiji insurer`: what each insurer of a pool bears, its own stream, and the statements that settle it."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from libs import contracts
from libs.benefits import load_plans
from libs.contracts import Event
from libs.contracts.registry import ContractError
from libs.money import format_yuan
from libs.proof.insurer_stream import InsurerCheck, PlanTotals
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import caller_token, staff_token
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import KnownAt, moment_of
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table, refuse

_PAGE = 1_000

insurer = typer.Typer(no_args_is_help=True, help="What the insurers of a pool bear, and their statements.")

Name = Annotated[str, typer.Argument(help="The insurer's id in the plan files.")]


@insurer.callback()
def _insurer() -> None:
    """What the insurers of a pool bear, and their statements."""


@insurer.command("list")
def listing(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """What each insurer bears of each plan, and what of it no statement has asked for yet."""
    with reaching():
        running = find_platform(platform)
        found = ask(_url(running), token=caller_token(running))
    if as_json:
        print_json(found)
        return
    print_table(
        ("insurer", "plan", "bears", "not stated yet", "events"),
        (
            (
                one["insurer"],
                one["plan_id"],
                _yuan(one["bears_fen"]),
                _yuan(one["not_stated_fen"]),
                one["events"],
            )
            for one in found
        ),
        right=("bears", "not stated yet", "events"),
    )


@insurer.command()
def stream(
    name: Name,
    after: Annotated[int, typer.Option(help="The last sequence that is known.")] = 0,
    known_at: KnownAt = None,
    platform: PlatformFile = None,
) -> None:
    """The insurer's own stream as lines of JSON, as on its topic huiji.insurer.NAME; with --known-at as it was then.

    The stream is all that an insurer is told, so this is what it could see at that moment.
    """
    until = moment_of(None, known_at).known_at
    with reaching():
        running = find_platform(platform)
        url, token = f"{_url(running)}/{name}/stream", caller_token(running)
        while page := ask(f"{url}?after={after}&limit={_PAGE}", token=token):
            for one in page:
                if until is not None and datetime.fromisoformat(one["recorded_at"]) > until:
                    return
                sys.stdout.write(orjson.dumps(one).decode() + "\n")
            after = page[-1]["event"]["sequence"]


@insurer.command()
def check(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What `huiji insurer stream` has written.")
    ],
    as_json: AsJson = False,
) -> None:
    """Recompute an insurer's part of every decision from its stream alone; needs no platform.

    Shares are also compared with those of the bundled plan files for the day of service.
    """
    checked = InsurerCheck(load_plans())
    faults = checked.walk(_events_of(file))
    if not checked.events:
        refuse(f"{file} holds no event of an insurer: nothing is proved", NO)
    if as_json:
        print_json(
            {
                "events": checked.events,
                "plans": {plan: _totals(each) for plan, each in checked.totals.items()},
                "faults": [
                    {"sequence": fault.sequence, "rule": fault.rule, "detail": fault.detail}
                    for fault in faults
                ],
            }
        )
    else:
        for plan_id, totals in checked.totals.items():
            amounts = ", ".join(f"{key} {_yuan(fen)}" for key, fen in _totals(totals).items())
            console().print(f"{plan_id}: {totals.decisions} decisions; yuan: {amounts}", markup=False)
        for fault in faults:
            console().print(
                f"event {fault.sequence}: {fault.rule}: {fault.detail}", markup=False, style="red"
            )
        verdict = "every part recomputed, nothing missing" if not faults else f"{len(faults)} faults"
        console().print(f"{checked.events} events: {verdict}")
    raise typer.Exit(NO if faults else 0)


@insurer.command()
def statements(name: Name, platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """The insurer's statements, newest first."""
    with reaching():
        running = find_platform(platform)
        found = ask(f"{_url(running)}/{name}/statements", token=caller_token(running))
    if as_json:
        print_json(found)
        return
    print_table(
        ("statement", "plan", "due", "closed at", "by", "transfer"),
        (
            (one["statement_id"], one["plan_id"], _yuan(one["due_fen"]), local(one["closed_at"]), one["closed_by"],
             one["reference"] or "open")
            for one in found
        ),
        right=("due",),
    )  # fmt: skip


@insurer.command()
def close(
    name: Name,
    plan: Annotated[str, typer.Option("--plan", help="The plan whose statement is closed.")],
    by: ActingBy = "",
    platform: PlatformFile = None,
) -> None:
    """Close a statement over what the insurer has borne and released since its last one; staff only."""
    with reaching():
        running = find_platform(platform)
        token = staff_token(running, by)
        done = ask(f"{_url(running)}/{name}/statements", {"plan_id": plan}, token=token)
    console().print(
        f"{name} owes the pool {_yuan(done['due_fen'])} yuan of {plan}: statement {done['statement_id']}",
        markup=False,
        soft_wrap=True,
    )


@insurer.command()
def settle(
    name: Name,
    statement: Annotated[str, typer.Argument(help="The statement's id.")],
    reference: Annotated[str, typer.Option(help="Of the transfer by which the amount moved.")],
    on: Annotated[str, typer.Option(help="The day it moved, YYYY-MM-DD.")],
    by: ActingBy = "",
    platform: PlatformFile = None,
) -> None:
    """Record that a statement's amount has moved; staff only."""
    body = {"reference": reference, "settled_on": on}
    with reaching():
        running = find_platform(platform)
        token = staff_token(running, by)
        done = ask(f"{_url(running)}/{name}/statements/{statement}/settlement", body, token=token)
    console().print(f"{_yuan(done['due_fen'])} yuan settled by {done['reference']}", markup=False)


def _url(running: RunningAt) -> str:
    return f"{running.url('payout')}/insurers"


def _events_of(file: Path) -> Iterator[Event]:
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            one: dict[str, Any] = orjson.loads(line)
            yield contracts.decode(one["type"], one["schema_version"], orjson.dumps(one["event"]))
        except (ValueError, KeyError, TypeError, ContractError) as error:
            refuse(f"line {number} is no event of a stream: {type(error).__name__}", NO)


def _totals(totals: PlanTotals) -> dict[str, int]:
    return {
        "bears": totals.bears_fen,
        "borne": totals.borne_fen,
        "released": totals.released_fen,
        "stated": totals.stated_fen,
        "settled": totals.settled_fen,
    }


def _yuan(fen: int) -> str:
    return format_yuan(fen)
