"""`make chaos`: a drill on this machine, bounded in time; exit status 1 when anything does not hold afterwards."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.compare import differences, too_quiet, totals
from tests.chaos.run import Drill, live


def chaos(
    seconds: Annotated[float, typer.Option(help="How long things go wrong.", min=1, max=1800)] = 120.0,
    claims: Annotated[int, typer.Option(help="How many discharges are sent.", min=20, max=20_000)] = 600,
    seed: Annotated[int, typer.Option(help="Draws people, bills and faults.")] = 1,
    broker: Annotated[str, typer.Option(help="embedded or apache.")] = "embedded",
) -> None:
    """Send discharges, disturb everything, let it come to rest, verify, and compare with an undisturbed city."""
    drill = Drill(seed, claims, seconds, broker="apache" if broker == "apache" else "embedded")
    typer.echo(f"drill of seed {seed}: {claims} claims, {seconds:.0f} s of faults, {broker} broker")
    with tempfile.TemporaryDirectory(prefix="huiji-chaos-") as place:
        disturbed = live(drill, Path(place) / "disturbed", typer.echo, disturbed=True)
        quiet = live(drill, Path(place) / "quiet", lambda _line: None, disturbed=False)
    typer.echo(totals(disturbed))
    wrong = differences(disturbed, quiet) + too_quiet(drill, disturbed)
    for line in wrong:
        typer.echo(line)
    typer.echo("Everything holds." if not wrong else "Not everything holds.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(chaos)
