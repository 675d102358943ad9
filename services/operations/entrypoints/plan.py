"""`huiji plan`: the plans that are bundled, and files that want to become one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from libs.benefits import Plan, PlanInvalid, PlanUnknown, load_plan, plan_of
from libs.benefits.inspection import CheckReport, check_plan, diff_plans, list_plans, shown_json
from libs.benefits.plan_text import show_plan
from libs.benefits.schema import case_json_schema, plan_json_schema
from services.operations.entrypoints.exits import NO, WRONG_CALL
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse

plan = typer.Typer(no_args_is_help=True, help="Plans: list, show, check, diff, schema.")

PlanOrFile = Annotated[str, typer.Argument(help="The id of a bundled plan, or the path of a plan file.")]


def plan_named(name: str) -> Plan:
    """A bundled plan by its id, or the plan in a file; ends the command when there is none."""
    try:
        return load_plan(Path(name)) if Path(name).is_file() else plan_of(name)
    except PlanInvalid as error:
        refuse(str(error), NO)
    except PlanUnknown as error:
        refuse(str(error), WRONG_CALL)


@plan.command("list")
def list_all(as_json: AsJson = False) -> None:
    """All bundled plans."""
    rows = list_plans()
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    columns = ("id", "name_zh", "city_zh", "name_en", "liabilities", "examples", "assumptions", "digest")
    table = [[_short(asdict(row)[column]) for column in columns] for row in rows]
    print_table(columns, table, right=("liabilities", "examples", "assumptions"))


@plan.command()
def show(
    name: PlanOrFile,
    language: Annotated[Literal["zh", "en"], typer.Option(help="Language of the text.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """A plan as a person reads it: deductibles, ratios, caps, lists, sources with grades, assumptions.

    With --json the terms in fen and basis points, and what cases may name: lists, tags, classes.
    """
    found = plan_named(name)
    if as_json:
        print_json(shown_json(found))
    else:
        console().print(show_plan(found, language), markup=False, soft_wrap=True)


@plan.command()
def schema(of: Annotated[Literal["plan", "case"], typer.Argument(help="A plan file or a case.")]) -> None:
    """The JSON Schema of a plan file or of a case, for editors."""
    print_json(plan_json_schema() if of == "plan" else case_json_schema())


@plan.command()
def check(
    files: Annotated[
        list[str] | None, typer.Argument(help="Plan files or bundled plans' ids; all bundled when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check plan files, and that every worked example in them comes out to the fen."""
    paths = [_file_of(name) for name in files] if files else _bundled()
    reports = {path.name: check_plan(path) for path in paths}
    if as_json:
        print_json({name: _report_json(report) for name, report in reports.items()})
    else:
        for name, report in reports.items():
            _print_report(name, report)
    raise typer.Exit(0 if all(report.passed for report in reports.values()) else NO)


@plan.command()
def diff(before: PlanOrFile, after: PlanOrFile, as_json: AsJson = False) -> None:
    """The terms that differ between two plans."""
    changes = diff_plans(plan_named(before), plan_named(after))
    if as_json:
        print_json([asdict(change) for change in changes])
    elif changes:
        print_table(("term", "before", "after"), [(each.field, each.before, each.after) for each in changes])
    else:
        console().print("No term differs.")


def _file_of(name: str) -> Path:
    named = Path(name)
    if named.is_file():
        return named
    bundled = next((path for path in _bundled() if path.stem == name), None)
    if bundled is None:
        raise typer.BadParameter(f"{name} is neither a file nor a bundled plan", param_hint="FILES")
    return bundled


def _bundled() -> list[Path]:
    import libs.benefits

    return sorted((Path(libs.benefits.__file__).parent / "plans").glob("*.yaml"))


def _report_json(report: CheckReport) -> dict[str, Any]:
    examples = {each.example_id: list(each.differences) for each in report.examples}
    return {
        "plan_id": report.plan_id,
        "passed": report.passed,
        "problems": [asdict(problem) for problem in report.problems],
        "examples": examples,
        "assumptions": report.assumptions,
    }


def _print_report(name: str, report: CheckReport) -> None:
    out = console()
    verdict = "[green]passes[/green]" if report.passed else "[red]does not pass[/red]"
    out.print(f"{name}: {verdict}, {len(report.examples)} examples, {len(report.assumptions)} assumptions")
    for problem in report.problems:
        out.print(f"  {problem}", markup=False, soft_wrap=True)
    for example in report.examples:
        for difference in example.differences:
            out.print(f"  example {example.example_id}: {difference}", markup=False, soft_wrap=True)


def _short(value: object) -> object:
    digest_characters, shown = 64, 12
    return value[:shown] if isinstance(value, str) and len(value) == digest_characters else value
