"""`huiji evaluate`: what a plan pays for a case, with the explanation of every fen."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from libs.benefits import Case, CaseInvalid, Evaluation, evaluate
from libs.money import format_yuan
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse
from services.operations.entrypoints.plan import plan_named


def evaluate_case(
    plan: Annotated[
        str, typer.Option("--plan", help="The id of a bundled plan, or the path of a plan file.")
    ],
    case: Annotated[
        Path, typer.Option("--case", exists=True, dir_okay=False, help="A case as JSON; amounts in fen.")
    ],
    language: Annotated[Literal["zh", "en"], typer.Option(help="Language of the explanation.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Evaluate a plan for a case, as adjudication does; nothing is recorded."""
    found_plan = plan_named(plan)
    try:
        found = evaluate(found_plan, Case.model_validate_json(case.read_bytes()))
    except ValidationError as error:
        # Only places and kinds: a case may be a person's.
        faults = [f"{'/'.join(map(str, each['loc'])) or '(case)'}: {each['msg']}" for each in error.errors()]
        refuse("\n".join((f"{case} is not a case:", *faults)), NO)
    except CaseInvalid as error:
        refuse(str(error), NO)
    print_json(found.as_json()) if as_json else _print(found, language)


def _print(found: Evaluation, language: Literal["zh", "en"]) -> None:
    rows = [
        ("bills", found.total_fen),
        ("layers before the plan", found.layers_before_fen),
        ("the plan pays", found.plan_pays_fen),
        ("other layers", found.other_layers_fen),
        ("the patient bears", found.patient_bears_fen),
        ("cash benefits beside the bill", sum(paid.amount_fen for paid in found.cash_benefits)),
    ]
    print_table(("", "yuan"), [(name, format_yuan(fen)) for name, fen in rows], right=("yuan",))
    console().print(found.explanation.text(language), markup=False, soft_wrap=True)
