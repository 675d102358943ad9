"""`huiji what-if`: a year of history under a changed plan, share, order of payers or fraud threshold."""

import asyncio
import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
import typer
from rich.console import Console
from rich.progress import TaskProgressColumn

from libs.benefits import load_plans
from libs.eventlog.serve import HttpSource
from libs.money import format_yuan
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller
from services.operations.adapters.fork_process import ForkFailed
from services.operations.adapters.operator_log import open_operator_log
from services.operations.adapters.replay_file import ReplayFile
from services.operations.domain.errors import OperationsError
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO, WRONG_CALL
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse
from services.operations.entrypoints.places import CHECKOUT
from services.operations.use_cases.export_history import LogEndsEarly, export_history
from services.operations.use_cases.what_if import Asked, PlannedFork, ReplayRecords, plan_fork, run_fork

_TIMEOUT_SECONDS = 30
_READ = ("enrolment", "adjudication")
_SHOWN = 10


def what_if(
    plan: Annotated[
        list[str] | None,
        typer.Option("--plan", help="A changed plan file with a plan's id, or a bundled plan."),
    ] = None,
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Where the report goes; the only place that is written.")
    ] = Path("what-if"),
    from_export: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="An export; else the running platform's logs."),
    ] = None,
    share: Annotated[
        list[str] | None, typer.Option(help="insurer=60%, for each insurer of the pool.")
    ] = None,
    payer_order: Annotated[
        list[str] | None, typer.Option(help="before=, beside= or after= with payers: after=assistance,other.")
    ] = None,
    fraud_threshold: Annotated[
        int | None, typer.Option(min=0, help="The score from which a claim is reviewed.")
    ] = None,
    unheard_reviews: Annotated[
        Literal["waiting", "legitimate", "fraudulent"],
        typer.Option(
            help="What becomes of reviews without a verdict in history: those still open, and those that only"
            " the threshold asks for."
        ),
    ] = "waiting",
    centre_amounts: Annotated[
        Literal["taken", "evaluated"],
        typer.Option(help="What the insurance centre settled: taken as recorded, or evaluated by the plans."),
    ] = "taken",
    control: Annotated[
        bool, typer.Option(help="Also relive under the history's own rules, to compare.")
    ] = True,
    by_column: Annotated[
        bool,
        typer.Option(help="Changed plans by column, the engine for what that cannot tell; equal and faster."),
    ] = False,
    plan_only: Annotated[bool, typer.Option(help="Say what it would read and how long it takes.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who asks; your account when left out.")] = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Relive history under a changed rule in a fork that cannot touch the outside, and report who gains and loses."""
    options = [*_each("--plan", [_whole(name) for name in plan or ()]), *_each("--share", share or ())]
    options += _each("--payer-order", payer_order or ())
    options += ["--by-column"] if by_column else []
    options += ["--centre-amounts", centre_amounts] if centre_amounts != "taken" else []
    options += ["--unheard-reviews", unheard_reviews, *([] if control else ["--no-control"])]
    options += ["--fraud-threshold", str(fraud_threshold)] if fraud_threshold is not None else []

    async def run() -> dict[str, Any]:
        async with _history(from_export, platform, out) as (history, records):
            asked = Asked(history, out, tuple(options), by or getpass.getuser())
            planned = await plan_fork(records, asked, CHECKOUT, datetime.now(UTC))
            _show_plan(planned)
            return planned.plan if plan_only else await _run(records, asked, planned)

    try:
        with reaching():
            found = asyncio.run(run())
    except ForkFailed as error:
        refuse(str(error), WRONG_CALL if error.reason == "rule_invalid" else NO)
    except (OperationsError, LogEndsEarly) as error:
        refuse(str(error), NO)
    if as_json:
        print_json(found)
    elif not plan_only:
        _show(found, out)


async def _run(records: ReplayRecords, asked: Asked, planned: PlannedFork) -> dict[str, Any]:
    with bar(TaskProgressColumn()) as progress:
        task = progress.add_task("reliving", total=planned.plan["reads_bytes"])
        return await run_fork(
            records,
            asked,
            planned,
            CHECKOUT,
            lambda: datetime.now(UTC),
            lambda done, of: progress.update(task, completed=done, total=of),
        )


@asynccontextmanager
async def _history(
    from_export: Path | None, platform: Path | None, out: Path
) -> AsyncIterator[tuple[Path, ReplayRecords]]:
    """An export and a file for the replay's events; or the logs as they are now, and the operators' own log."""
    if from_export is not None:
        yield from_export, ReplayFile(out / "replay.ndjson")
        return
    running = find_platform(platform)
    history = out / "history"
    if not (history / "manifest.json").exists():  # run again after a kill, it relives the same history
        read = {name: url for name, url in running.services.items() if name in _READ}
        await export_history(replace(running, services=read), history, datetime.now(UTC))
    async with open_operator_log(running.database(), await _shards(running)) as records:
        yield history, records


async def _shards(running: RunningAt) -> int:
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        return len(await HttpSource("adjudication", running.services["adjudication"], client).heads())


def _whole(name: str) -> str:
    """Files by their whole path, for a process that runs elsewhere; the id of a bundled plan as it is."""
    if Path(name).is_file():
        return str(Path(name).resolve())
    if name not in load_plans():
        raise typer.BadParameter(f"{name} is neither a file nor a bundled plan", param_hint="--plan")
    return name


def _each(option: str, values: list[str] | tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _show_plan(planned: PlannedFork) -> None:
    plan = planned.plan
    err = Console(stderr=True, highlight=False)
    err.print(f"replay {planned.replay_id}", soft_wrap=True)
    err.print(
        f"reads {plan['reads_events']} events ({plan['reads_bytes'] // 1024} KiB), writes {plan['touches'][0]},"
        f" takes about {plan['expected_seconds']} s",
        soft_wrap=True,
    )
    for change in plan["changes"]:
        err.print(f"  {change['what']}: {change['before']} → {change['after']}", markup=False, soft_wrap=True)


def _show(report: dict[str, Any], out: Path) -> None:
    totals, people = report["totals"], report["people"]
    said = console()
    said.print(f"{totals['changed_claims']} of {totals['claims']} claims change")
    said.print(
        f"benefits {format_yuan(totals['before_fen'])} → {format_yuan(totals['after_fen'])} yuan,"
        f" difference {format_yuan(totals['difference_fen'])}"
    )
    said.print(
        f"{people['gain']['people']} people gain {format_yuan(people['gain']['difference_fen'])},"
        f" {people['lose']['people']} lose {format_yuan(people['lose']['difference_fen'])}"
    )
    control = report["control"]
    if control is not None and control["differing"]:
        said.print(
            f"under its own rules {control['differing']} claims differ from what is recorded", style="yellow"
        )
    for name in ("liability_id", "age_band", "insurer"):
        changed = [row for row in report["by"][name] if row["difference_fen"]]
        rows = [
            (row["key"], row["claims"], format_yuan(row["before_fen"]), format_yuan(row["difference_fen"]))
            for row in changed[:_SHOWN]
        ]
        print_table((name, "claims", "before", "difference"), rows, right=("claims", "before", "difference"))
    said.print(f"{out / 'report.html'}", soft_wrap=True)
