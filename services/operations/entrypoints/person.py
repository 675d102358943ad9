"""`huiji person PERSON_ID`: one person in every service, now or as they were."""

from typing import Annotated

import typer

from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.moment_options import (
    At,
    By,
    Full,
    KnownAt,
    Why,
    histories,
    moment_of,
    print_moment,
    travelled,
)
from services.operations.entrypoints.output import AsJson, print_json
from services.operations.entrypoints.showing import print_travelled
from services.operations.entrypoints.summarising import print_person


def person(
    person_id: Annotated[str, typer.Argument(help="The person's pseudonym, p_…")],
    at: At = None,
    known_at: KnownAt = None,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """A person's coverages, claims and balances as each service folds them, and every event about the person."""
    moment = moment_of(at, known_at)
    with reaching():
        found = travelled(histories(find_platform(platform), by, why), "person", person_id, moment)
    if as_json:
        print_json(found.as_json())
    elif print_moment(found, f"person {person_id}"):
        print_travelled(found) if full else print_person(found)
    raise typer.Exit(0 if found.steps else 1)
