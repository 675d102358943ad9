"""What the demo prints at its end."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from libs.money import format_yuan
from services.operations.use_cases.compare_published import Compared
from services.operations.use_cases.put_right import PutRight


def print_comparison(console: Console, compared: Sequence[Compared]) -> None:
    """Published examples: what was printed, what was paid at the bank, and whether that is the same."""
    title = "Published examples: printed figures beside what the bank was made to pay (yuan)"
    table = Table(title=title, title_justify="left")
    table.add_column("example", no_wrap=True)
    table.add_column("plan", no_wrap=True)
    for heading in ("printed", "paid", "rounded"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for one in compared:
        table.add_row(
            one.example.id,
            one.example.plan_id or "",
            format_yuan(one.example.expected.plan_pays_fen),
            format_yuan(one.paid_fen),
            format_yuan(one.printed_fen),
            "[green]equal[/green]" if one.agrees else "[red]differs[/red]",
        )
    console.print(table)
    console.print("  rounded: per liability, to the precision the figure was printed with", style="dim")


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """Claims, money by plan, and the time from discharge to settled payment."""
    table = Table(title="By plan (yuan)", title_justify="left")
    table.add_column("plan")
    for heading in ("claims", "paid", "bills", "plan pays", "settled"):
        table.add_column(heading, justify="right")
    for plan in summary["by_plan"]:
        table.add_row(
            plan["plan_id"],
            str(plan["claims"]),
            str(plan["paid"]),
            format_yuan(plan["bill_fen"]),
            format_yuan(plan["plan_pays_fen"]),
            format_yuan(plan["settled_fen"]),
        )
    console.print(table)
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(summary["by_status"].items()))
    console.print(f"[bold]{summary['claims']} claims[/bold]: {statuses}", highlight=False)
    owing = summary["owing_fen"]
    back = (
        f", {format_yuan(owing)} of them claimed back: no standing decision grants them any more"
        if owing
        else ""
    )
    console.print(f"{format_yuan(summary['paid_fen'])} yuan settled at the bank{back}", highlight=False)
    if summary["median_seconds"] is not None:
        console.print(
            f"discharge to settled payment: median {summary['median_seconds']:.2f} s,"
            f" 99th percentile {summary['p99_seconds']:.2f} s",
            highlight=False,
        )


def print_changes(console: Console, right: PutRight) -> None:
    """What hospitals put right afterwards."""
    console.print(
        f"{right.corrected} settlements corrected afterwards and decided anew (the plans pay"
        f" {format_yuan(right.plan_pays_fen)} yuan of them now), {right.cancelled} cancelled",
        highlight=False,
    )
