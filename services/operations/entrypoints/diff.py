"""`huiji diff claim|person|pool ID --from T1 --to T2`: what changed between two moments, money first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from services.operations.adapters.histories import Moment
from services.operations.domain.changes import Change, changes
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import By, Why, histories, moment_of, travelled
from services.operations.entrypoints.output import AsJson, print_json, warn
from services.operations.entrypoints.pool import anything_of, read_pool
from services.operations.entrypoints.showing import print_changes
from services.operations.use_cases.travel import Travelled

diff = typer.Typer(no_args_is_help=True, help="What changed between two moments, money first.")

From = Annotated[str, typer.Option("--from", help="The earlier moment.")]
To = Annotated[str, typer.Option("--to", help="The later moment.")]
InEffect = Annotated[
    bool,
    typer.Option(
        "--in-effect", help="Compare what was in effect, by all that is known; else what was known."
    ),
]


@diff.command()
def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    since: From,
    until: To = "now",
    in_effect: InEffect = False,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What changed of a claim."""
    _diff("claim", claim_id, _moments(since, until, in_effect), (by, why), platform, as_json)


@diff.command()
def person(
    person_id: Annotated[str, typer.Argument(help="The person's pseudonym, p_…")],
    since: From,
    until: To = "now",
    in_effect: InEffect = False,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What changed of a person: coverages, claims, balances."""
    _diff("person", person_id, _moments(since, until, in_effect), (by, why), platform, as_json)


@diff.command()
def pool(
    plan_id: Annotated[str, typer.Argument(help="The plan's id.")],
    since: From,
    until: To = "now",
    in_effect: InEffect = False,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What changed of a plan's pool: premiums, decisions, payments, ledger, insurers' parts. Names nobody."""
    before, after = (read_pool(platform, plan_id, moment) for moment in _moments(since, until, in_effect))
    found = changes(_without_moment(before), _without_moment(after))
    if as_json:
        print_json({"changes": _as_rows(found)})
    else:
        print_changes(found, ())
    if not (anything_of(before) or anything_of(after)):
        warn(f"nothing is recorded of plan {plan_id} by either moment")
        raise typer.Exit(NO)


def _without_moment(pool: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pool.items() if name not in ("at", "known_at")}


def _moments(since: str, until: str, in_effect: bool) -> tuple[Moment, Moment]:
    if in_effect:
        # "now" is a moment here, too: a coverage of next year is known and not in effect.
        return moment_of(since, None), moment_of(until, None)
    return moment_of(None, since), moment_of(None, until)


def _diff(
    kind: str,
    what_id: str,
    moments: tuple[Moment, Moment],
    reader: tuple[str, str],
    platform: PlatformFile,
    as_json: bool,
) -> None:
    with reaching():
        asking = histories(find_platform(platform), *reader)
        before, after = (travelled(asking, kind, what_id, moment) for moment in moments)
    found = changes(before.comparable(), after.comparable())
    between = _between(before, after)
    if as_json:
        print_json({"changes": _as_rows(found), "events": between})
    else:
        print_changes(found, between)


def _as_rows(found: Sequence[Change]) -> list[dict[str, Any]]:
    return [asdict(change) | {"difference_fen": change.difference_fen} for change in found]


def _between(before: Travelled, after: Travelled) -> list[dict[str, Any]]:
    """The events that the later moment has and the earlier one has not."""
    old = {step["event_id"] for step in before.steps}
    return [
        {name: value for name, value in step.items() if name not in ("state", "event")}
        for step in after.steps
        if step["event_id"] not in old
    ]
