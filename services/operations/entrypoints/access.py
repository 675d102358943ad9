"""`huiji access`: what a participant could see of a claim at a moment, and adopting an edition of the policy."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from libs.access import VIEWS, PolicyUnusable, Reader, read_policy
from services.operations.adapters.asking import ask
from services.operations.adapters.credentials import staff_token
from services.operations.domain.errors import OperationsError
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import At, By, KnownAt, Why, histories, moment_of
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table, refuse
from services.operations.use_cases.see_as import MOST_READINGS, SeenAs, readings, see_as

access = typer.Typer(no_args_is_help=True, help="Who may see what, who could see what, and who has looked.")


@access.callback()
def _access() -> None:
    """Who may see what, who could see what, and who has looked."""


@access.command("claim")
def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    who: Annotated[str, typer.Option("--who", help="KIND:ID, such as insurer:lead or patient:p_….")],
    at: At = None,
    known_at: KnownAt = None,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """What somebody could see of a claim, by which edition of the policy, rule and consent.

    --at alone asks what could be seen then: nobody sees what is recorded later. With a later --known-at: what should
    have been seen then, by what is known since.
    """
    try:
        reader = Reader.parse(who)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--who") from None
    now = datetime.now(UTC)
    asked = moment_of(at, known_at)
    moment = asked.at or asked.known_at or now
    known = asked.known_at or (now if known_at else moment)
    with reaching():
        try:
            found = see_as(histories(find_platform(platform), by, why), claim_id, reader, moment, known)
        except OperationsError as error:
            refuse(str(error), NO)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    raise typer.Exit(0 if found.views else NO)


@access.command("readings")
def listing(
    claim: Annotated[str, typer.Option("--claim", help="Of one claim.")] = "",
    who: Annotated[str, typer.Option("--who", help="By one reader, KIND:ID.")] = "",
    by: By = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Who has read what of the read models, newest first; also what was refused."""
    with reaching():
        found = readings(histories(find_platform(platform), by, ""), claim, who)
    if as_json:
        print_json(found)
    else:
        _print_readings(found)


@access.command()
def adopt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The policy (YAML).")],
    effective_from: Annotated[str, typer.Option("--effective-from", help="First day, YYYY-MM-DD.")],
    by: ActingBy = "",
    platform: PlatformFile = None,
) -> None:
    """Adopt an edition of the access policy; an approver only."""
    try:
        body = {"effective_from": effective_from, "policy": read_policy(file)}
    except PolicyUnusable as error:
        refuse(str(error), NO)
    with reaching():
        running = find_platform(platform)
        done = ask(f"{running.url('enrolment')}/access/policies", body, token=staff_token(running, by))
    console().print(
        f"edition {done['edition']} by {done['adopted_by']}, in effect from {done['effective_from']}:"
        f" {done['title']}",
        markup=False,
        soft_wrap=True,
    )


def _print(found: SeenAs) -> None:
    moment = f"at {local(found.at)}, known at {local(found.known_at)}"
    console().print(
        f"[bold]claim {found.claim_id} as {found.reader} could see it[/bold] ({moment})", soft_wrap=True
    )
    if found.edition is None:
        console().print("No access policy was in effect and known: nobody could see anything.")
        return
    console().print(f"by edition {found.edition} of the policy: {found.title}", markup=False, soft_wrap=True)
    if found.views:
        _print_views(found)
    else:
        console().print("Nothing of it.")
    if found.readings:
        console().print("[bold]and has read of it, as recorded[/bold]")
        _print_readings(found.readings)


def _print_views(found: SeenAs) -> None:
    print_table(
        ("view", "by rule", "with consent", "fields"),
        (
            (
                view,
                ", ".join(sight.rules),
                ", ".join(sight.consents) or "none needed",
                "all" if sight.fields == set(VIEWS.get(view, ())) else ", ".join(sorted(sight.fields)),
            )
            for view, sight in found.views.items()
        ),
    )


def _print_readings(found: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        ("read at", "reader", "view", "claim", "fields", "edition", "with consent"),
        (
            (
                local(one["read_at"]),
                # The policy may show who has read without naming a person.
                one.get("reader") or one.get("party"),
                one["view"],
                one.get("claim_id"),
                len(one["fields"]) or "nothing was shown",
                one["edition"],
                ", ".join(one["consents"]) or "-",
            )
            for one in found
        ),
    )
    if len(found) == MOST_READINGS:
        console().print(f"The newest {MOST_READINGS}; what was read before is on record, too.")
