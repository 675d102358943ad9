"""Options of the commands that look at things as they were."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.credentials import reader_token
from services.operations.adapters.histories import Histories, Moment
from services.operations.domain.errors import OperationsError
from services.operations.domain.moments import NotAMoment, parse_moment
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import console, local, refuse
from services.operations.use_cases.travel import Travelled, travel_to_claim, travel_to_person

At = Annotated[
    str | None,
    typer.Option("--at", help="As things were then: what had taken effect (day of service, money moved)."),
]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="As was known then: what had been recorded by then.")
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        help="Who looks: a member of staff (operator-01 when left out); any name where services ask nobody.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Also each service's state, field by field.")]
Why = Annotated[str, typer.Option("--why", help="For what purpose, for the record.")]


def moment_of(at: str | None, known_at: str | None) -> Moment:
    """The point of view that the options name; a wrong one is a wrong call."""
    try:
        # What is in effect now is a question of the clock; what is known now is all there is.
        in_effect = datetime.now(UTC) if at == "now" else parse_moment(at or "now")
        return Moment(in_effect, parse_moment(known_at or "now"))
    except NotAMoment as error:
        raise typer.BadParameter(str(error)) from None


def histories(running: RunningAt, by: str, why: str) -> Histories:
    """What asks the services; every look bears a name, proved where who looks has a staff token."""
    return Histories(running, by or getpass.getuser(), why, reader_token(running, by))


def print_moment(found: Travelled, what: str) -> bool:
    """The heading, and whether there was anything then."""
    moments = {"at": found.moment.at, "known at": found.moment.known_at}
    asked = ", ".join(f"{name} {local(moment)}" for name, moment in moments.items() if moment)
    console().print(f"[bold]{what}[/bold] ({asked or 'now'})", soft_wrap=True)
    if not found.steps:
        console().print("Nothing of it was known and in effect then.")
    return bool(found.steps)


def travelled(asking: Histories, kind: str, what_id: str, moment: Moment) -> Travelled:
    """A claim or a person at a moment; ends the command when nothing was ever recorded of it."""
    travel = travel_to_claim if kind == "claim" else travel_to_person
    try:
        return travel(asking, what_id, moment)
    except OperationsError as error:
        refuse(str(error), NO)
