"""`huiji todo`: everything that waits for a person, in one list, with its owner and its clock."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from libs.money import format_yuan
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.read_models import ask_read_models
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table, warn
from services.operations.use_cases.read_approvals import (
    Approval,
    answers_of,
    planned_by_operators,
    proposed_patches,
)

_PAGE = 1_000
_OWNERS = ("hospital", "enrolment", "operator", "fraud", "staff", "approver")
WHAT_TO_DO = {
    "pended": "who owns it provides what is missing",
    "review": "POST /reviews/ID/conclude at fraud",
    "second_person": "approve or reject the ruling at adjudication; of a payment `huiji pay-again PAYMENT --approve`",
    "appeal": "rule on it, then conclude it",
    "one_stop": "`huiji one-stop show ID`, then `huiji one-stop accept ID --reason CODE`, or dispute in its place",
    "unpayable": "the bank refused it or sent it back: `huiji pay-again PAYMENT --to FILE`",
    "held": "no account is known: enrolment",
}


def todo(
    owner: Annotated[str | None, typer.Option(help=f"Only what waits for: {', '.join(_OWNERS)}.")] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What waits for a person, due first: claims, rulings, appeals, money that came back, approvals, parked events."""
    if owner not in (None, *_OWNERS):
        raise typer.BadParameter(
            f"nothing waits for {owner!r}; one of {', '.join(_OWNERS)}", param_hint="--owner"
        )
    with reaching():
        running = find_platform(platform)
        claims = _claims(running, owner)
        approvals = [*proposed_patches(running), *asyncio.run(planned_by_operators(running))]
        parked = _parked(running)
        outdated = _is_outdated(running)
    approvals = approvals if owner in (None, "approver") else []
    parked = parked if owner in (None, "operator") else []
    if as_json:
        waiting = [each.as_json() for each in approvals]
        print_json({"claims": claims, "approvals": waiting, "parked": parked, "outdated": outdated})
        return
    _print(claims, approvals, parked)
    if outdated:
        warn(
            "The read model is of another version: claims that waited before it may be missing; `huiji rebuild claims`"
        )


def _claims(running: RunningAt, owner: str | None) -> list[dict[str, Any]]:
    """From the operators' read model, which is a moment behind the logs."""
    rows: list[dict[str, Any]] = []
    while True:
        asked = {"owner": owner, "after": len(rows), "limit": _PAGE}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        page = ask_read_models(running, f"/operator/todo?{query}")
        rows += page
        if len(page) < _PAGE:
            return rows


def _parked(running: RunningAt) -> list[dict[str, Any]]:
    """By service and reason; a service that consumes nothing parks nothing."""
    return [
        {"service": name, **row}
        for name in running.services
        for row in answers_of(running, name, "parked/reasons")
    ]


def _is_outdated(running: RunningAt) -> bool:
    """Whether the read model was filled by other code, which may not have looked at all that waits."""
    models = answers_of(running, "projections", "read-models")
    return any(row["status"] == "live" and not row["current"] for row in models)


def _print(
    claims: Sequence[Mapping[str, Any]], approvals: Sequence[Approval], parked: Sequence[Mapping[str, Any]]
) -> None:
    now = datetime.now(UTC)
    rows = [
        (
            _clock(each["due_at"], now),
            each["owner"],
            each["kind"],
            each["what"],
            each["claim_id"],
            "" if each["amount_fen"] is None else format_yuan(each["amount_fen"]),
            local(each["since"]),
        )
        for each in claims
    ]
    if rows:
        print_table(("due", "owner", "kind", "what", "claim", "yuan", "since"), rows, right=("yuan",))
        for kind in dict.fromkeys(each["kind"] for each in claims):
            console().print(f"{kind}: {WHAT_TO_DO[kind]}", style="dim")
    for each in approvals:
        line = f"approver: {each.what}, by {each.by} {local(each.since)}: `{each.command}`"
        console().print(line, markup=False, soft_wrap=True)
    for row in parked:
        line = f"parked: {row['events']} events of {row['subjects']} subjects at {row['service']}: {row['reason']}"
        console().print(line, markup=False, soft_wrap=True)
    if not rows and not approvals and not parked:
        console().print("Nothing waits for a person.")


def _clock(due: str | None, now: datetime) -> str:
    if due is None:
        return ""
    word = "OVERDUE " if datetime.fromisoformat(due) < now else ""
    return f"{word}{local(due)}"
