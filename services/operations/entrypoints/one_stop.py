"""`huiji one-stop`: what the insurance centre settled otherwise than we evaluate it, and what is done about it."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from libs.money import format_yuan
from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import staff_token
from services.operations.adapters.read_models import ask_read_models
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table

_LIST = "/operator/one-stop"

one_stop = typer.Typer(
    no_args_is_help=True, help="What the insurance centre settled otherwise than we evaluate it."
)

Difference = Annotated[str, typer.Argument(help="The difference's id, as `huiji one-stop list` has it.")]
Reason = Annotated[
    str, typer.Option("--reason", help="A reason code, e.g. centre_is_right, wrong_deductible.")
]


@one_stop.command("list")
def listing(
    plan: Annotated[str | None, typer.Option("--plan", help="One plan; all when left out.")] = None,
    standing: Annotated[
        str | None, typer.Option("--standing", help="open, accepted or disputed; all when left out.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What differs now, the largest difference first."""
    asked = {"plan_id": plan, "standing": standing, "limit": limit}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    with reaching():
        found = ask_read_models(find_platform(platform), f"{_LIST}?{query}")
    if as_json:
        print_json(found)
        return
    if not found:
        console().print("The insurance centre's amounts are ours.")
        return
    columns = ("difference", "claim", "plan", "centre", "ours", "centre more", "because", "since", "standing")
    print_table(columns, (_row(one) for one in found), right=columns[3:6])


@one_stop.command()
def totals(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """The same in sums, and what the pool owes the centre by plan and month."""
    with reaching():
        differing = ask_read_models(find_platform(platform), f"{_LIST}/totals")
        owed = ask_read_models(find_platform(platform), "/operator/centre-clearing")
    if as_json:
        print_json({"differences": differing, "owed_to_centre": owed})
        return
    columns = ("plan", "mode", "standing", "differences", "centre", "ours", "centre more", "centre less")
    amounts = ("centre_fen", "own_fen", "centre_more_fen", "centre_less_fen")
    print_table(
        columns,
        (
            (
                one["plan_id"],
                one["mode"],
                one["standing"],
                one["differences"],
                *(format_yuan(one[name]) for name in amounts),
            )
            for one in differing
        ),
        right=columns[3:],
    )
    print_table(
        ("plan", "month", "claims", "owed to the centre"),
        ((one["plan_id"], one["month"], one["claims"], format_yuan(one["desk_fen"])) for one in owed),
        right=("claims", "owed to the centre"),
    )


@one_stop.command()
def show(difference: Difference, platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """One difference liability by liability, with what was answered; also one that has ended."""
    with reaching():
        found = _one(platform, difference)
    if as_json:
        print_json(found)
        return
    say = console().print
    say(f"claim {found['claim_id']} of {found['person_id']}, plan {found['plan_id']}", markup=False)
    say(f"  {found['mode']} {found['reference']}, taken from: {found['taken']}", markup=False)
    say(f"  because: {found['causes']}; since {local(found['found_at'])}", markup=False)
    columns = ("liability", "deductible: centre", "ours", "pays: centre", "ours ")
    names = ("centre_deductible_fen", "own_deductible_fen", "centre_pays_fen", "own_pays_fen")
    rows = [
        (each["liability_id"], *(format_yuan(each[name]) for name in names))
        for each in found["compared"] or ()
    ]
    whole = ("in all", "", "", format_yuan(found["centre_fen"]), format_yuan(found["own_fen"]))
    print_table(columns, [*rows, whole], right=columns[1:])
    if found["outcome"]:
        say(f"  {found['outcome']} by {found['answered_by']}: {found['answer_reason']}", markup=False)
    if found["ended_at"]:
        say(f"  ended {local(found['ended_at'])}: {found['end_reason']}", markup=False)


@one_stop.command()
def accept(difference: Difference, reason: Reason, by: ActingBy = "", platform: PlatformFile = None) -> None:
    """Let the centre's amounts stand. Staff only."""
    _answer(platform, difference, {"outcome": "accepted", "reason": reason}, by)


@one_stop.command()
def dispute(difference: Difference, reason: Reason, by: ActingBy = "", platform: PlatformFile = None) -> None:
    """Ask the centre to correct it; its correction comes as a correction of the claim. Staff only."""
    _answer(platform, difference, {"outcome": "disputed", "reason": reason}, by)


def _answer(platform: Path | None, difference: str, body: dict[str, Any], by: str) -> None:
    with reaching():
        running = find_platform(platform)
        token = staff_token(running, by)
        found = _one(platform, difference)
        claim = f"people/{found['person_id']}/claims/{quote(found['claim_id'], safe='')}"
        url = f"{running.url('adjudication')}/{claim}/one-stop-differences/{difference}/answer"
        done = ask(url, body, token=token)["one_stop_answer"]
    console().print(f"{done['outcome']} by {done['answered_by']}: {done['reason']}", markup=False)


def _one(platform: Path | None, difference: str) -> dict[str, Any]:
    found: dict[str, Any] = ask_read_models(find_platform(platform), f"{_LIST}/{quote(difference, safe='')}")
    return found


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        one["difference_id"],
        one["claim_id"],
        one["plan_id"],
        format_yuan(one["centre_fen"]),
        format_yuan(one["own_fen"]),
        format_yuan(one["difference_fen"]),
        ", ".join(one["causes"]),
        local(one["found_at"]),
        one["standing"],
    )
