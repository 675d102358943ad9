"""`huiji evaluate`: what a plan pays for a case, with the explanation of every fen."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from libs.benefits import Case, CaseInvalid, CaseRefused, Evaluation, Plan, check_case, evaluate, read_case
from libs.benefits.amounts import fen_of_yuan
from libs.benefits.outcome import Note
from libs.money import format_yuan, round_to
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse
from services.operations.entrypoints.plan import plan_named

Language = Literal["zh", "en"]
_STANDARD_INPUT = Path("-")
_ROWS: dict[Language, tuple[str, ...]] = {
    "zh": ("费用合计", "计划之前的支付", "本计划赔付", "其他支付", "个人承担", "账单之外的现金给付"),
    "en": (
        "bills",
        "layers before the plan",
        "the plan pays",
        "other layers",
        "the patient bears",
        "cash benefits beside the bill",
    ),
}


def evaluate_case(
    plan: Annotated[
        str, typer.Option("--plan", help="The id of a bundled plan, or the path of a plan file.")
    ],
    case: Annotated[
        Path,
        typer.Option(
            "--case",
            help="A case as JSON or YAML, `-` for standard input (docs/evaluate.md).",
        ),
    ],
    language: Annotated[Language, typer.Option(help="Language of the explanation.")] = "zh",
    text: Annotated[
        Language | None, typer.Option("--text", help="Print the explanation alone, as text in zh or en.")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="Yuan to which each liability is also stated, as newspapers do, e.g. 100 or 0.01万."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a plan for a case, as adjudication does; nothing is recorded."""
    found_plan = plan_named(plan)
    unit_fen = _unit(precision)
    try:
        found_case = _read(case, found_plan)
        notes = check_case(found_plan, found_case)
        found = evaluate(found_plan, found_case)
    except CaseRefused as refusal:
        # Only places and kinds: a case may be a person's.
        what = "standard input" if str(case) == "-" else case
        refuse("\n".join((f"{what} is not a case for {found_plan.id}:", *map(str, refusal.faults))), NO)
    except CaseInvalid as error:
        refuse(str(error), NO)
    if as_json:
        rounded = {"as_published": _rounded(found, unit_fen)} if unit_fen is not None else {}
        print_json({**found.as_json(), **rounded, "input_notes": [asdict(note) for note in notes]})
    elif text is not None:
        console().print(found.explanation.text(text), markup=False, soft_wrap=True)
    else:
        _print(found, notes, unit_fen, language)


def _read(path: Path, plan: Plan) -> Case:
    if path == _STANDARD_INPUT:
        return read_case(sys.stdin.buffer.read(), plan)
    if not path.is_file():
        raise typer.BadParameter(f"no file {path}", param_hint="--case")
    return read_case(path.read_bytes(), plan)


def _unit(precision: str | None) -> int | None:
    try:
        unit_fen = None if precision is None else fen_of_yuan(precision)
    except ValueError:
        unit_fen = 0
    if unit_fen is not None and unit_fen <= 0:
        raise typer.BadParameter(
            "an amount in yuan above 0, such as 1, 100 or 0.1万", param_hint="--precision"
        )
    return unit_fen


def _rounded(found: Evaluation, unit_fen: int) -> dict[str, Any]:
    """Each liability rounded half up to the unit, and the sum of these, as published examples are stated."""
    parts = {name: round_to(paid, unit_fen) for name, paid in found.paid_by_liability.items()}
    return {"unit_fen": unit_fen, "paid_by_liability": parts, "total_fen": sum(parts.values())}


def _print(found: Evaluation, notes: tuple[Note, ...], unit_fen: int | None, language: Language) -> None:
    words = _ROWS[language]
    rows = [
        (words[0], found.total_fen),
        (words[1], found.layers_before_fen),
        (words[2], found.plan_pays_fen),
        *((f"  {name}", fen) for name, fen in found.paid_by_liability.items()),
        (words[3], found.other_layers_fen),
        (words[4], found.patient_bears_fen),
        (words[5], found.cash_benefits_fen),
    ]
    if unit_fen is not None:
        rows.append((f"{words[2]} ({format_yuan(unit_fen)})", _rounded(found, unit_fen)["total_fen"]))
    yuan = "元" if language == "zh" else "yuan"
    print_table(("", yuan), [(name, format_yuan(fen)) for name, fen in rows], right=(yuan,))
    for note in (*notes, *found.notes):
        console().print(f"! {note.zh if language == 'zh' else note.en}", markup=False, soft_wrap=True)
    console().print(found.explanation.text(language), markup=False, soft_wrap=True)
