"""`huiji check-money DIR`: prove that an exported history conserves money."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from libs.conservation import Report, check_history
from libs.money import format_yuan
from services.operations.adapters.exports import exported_lines, read_manifest
from services.operations.domain.manifest import NAME, ManifestUnreadable
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse

_SHOWN = 20


def check_money(
    directory: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="An export, or any directory of logs.")
    ],
    finished: Annotated[
        bool, typer.Option(help="Also demand that nothing waits: every payment is concluded.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check, for every claim after every event, that each fen of the bill has one bearer and payments match."""
    heads = None
    if (directory / NAME).exists():
        try:
            heads = read_manifest(directory).heads
        except ManifestUnreadable as error:
            refuse(str(error), NO)
    with Console(stderr=True).status("reading") as status:
        report = check_history(
            exported_lines(directory),
            heads=heads,
            finished=finished,
            progress=lambda lines: status.update(f"{lines} events read"),
        )
    if not report.events:
        refuse(f"no logs (*.ndjson) below {directory}", NO)
    print_json(report.as_json()) if as_json else _print(report)
    raise typer.Exit(0 if report.holds else NO)


def _print(report: Report) -> None:
    out, totals = console(), report.totals
    out.print(f"{report.events} events, {report.money_events} of them about money")
    redecided = f"{report.reversed} decisions reversed, {report.payments} payments instructed"
    out.print(f"{report.claims} claims, {report.decided} decided, {redecided}")
    rows = [("bills registered", totals.registered_fen), ("bills decided", totals.decided_fen)]
    rows += [(f"  borne by {bearer}", fen) for bearer, fen in totals.borne_fen.items()]
    rows += [
        ("cash benefits", totals.cash_benefits_fen),
        ("instructed", totals.instructed_fen),
        ("  settled", totals.settled_fen),
        ("  cancelled", totals.cancelled_fen),
        ("  rejected", totals.rejected_fen),
        ("  outstanding", totals.outstanding_fen),
        ("returned after settling", totals.returned_fen),
        ("held without an account", totals.held_fen),
        ("claimed back", totals.claimed_back_fen),
        ("  netted", totals.netted_fen),
        ("  repaid", totals.repaid_fen),
        ("  written off", totals.written_off_fen),
        ("  open", totals.owing_fen),
    ]
    print_table(("", "yuan"), [(name, format_yuan(fen)) for name, fen in rows], right=("yuan",))
    if report.holds:
        out.print(f"Money is conserved: {format_yuan(totals.checked_fen)} yuan checked to the fen.")
        return
    out.print(f"{report.violation_count} violations:", style="red")
    for violation in report.violations[:_SHOWN]:
        since = f", since {violation.since}" if violation.since else ""
        line = f"  {violation.rule}: {violation.about}{since}: {violation.sentence}"
        out.print(line, markup=False, soft_wrap=True)
    if report.violation_count > _SHOWN:
        out.print(f"  and {report.violation_count - _SHOWN} more (--json shows them)")
