"""`huiji estimate FILE`: what a bill would be paid, before it is filed and before the treatment."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

from libs.benefits import CaseRefused, read_case
from libs.money import format_yuan
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import ask, send_document
from services.operations.adapters.credentials import caller_token
from services.operations.adapters.demo_callers import hospital_token
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse

_FHIR = "application/fhir+json"


def estimate(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="A settlement (national JSON) or FHIR Bundle, as a hospital would file it; with --plan a case"
            " (docs/evaluate.md); with --claim what an earlier estimate printed with --json.",
        ),
    ],
    filing: Annotated[
        bool, typer.Option("--filing", help="Check it as filing would, too: its name, its day of discharge.")
    ] = False,
    plan: Annotated[
        str | None, typer.Option("--plan", help="The file is a case; this is the plan's id.")
    ] = None,
    claim: Annotated[
        str | None, typer.Option("--claim", help="Compare the earlier estimate in the file with this claim.")
    ] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask the running platform what would be paid, per liability and in total, and on which facts. Records nothing.

    Shown is the hospital's token in $HUIJI_HOSPITAL_TOKEN or the file $HUIJI_HOSPITAL_TOKEN_FILE, if there is one.
    """
    if not file.is_file():
        raise typer.BadParameter(f"no file {file}", param_hint="FILE")
    content = file.read_bytes()
    with reaching():
        running = find_platform(platform)
        if claim is not None:
            token = hospital_token(running.hospital_callers_file)
            path = f"/claims/{quote(claim, safe='')}/comparison"
            answer = ask(running.url("intake") + path, _json(content), token=token)
        elif plan is not None:
            answer = ask(
                f"{running.url('adjudication')}/estimate/{quote(plan, safe='')}",
                _case(content),
                token=caller_token(running),
            )
        else:
            answer = _of_document(running, content, filing)
    if as_json:
        print_json(answer)
    elif claim is not None:
        _print_comparison(answer)
    elif plan is not None:
        _print_case(answer)
    else:
        _print_document(answer)


def _of_document(running: RunningAt, content: bytes, filing: bool) -> Any:
    resource_type = _json(content).get("resourceType")
    path, content_type = (
        ("settlements", "application/json") if resource_type is None else ("fhir/Bundle", _FHIR)
    )
    operation = "$validate" if filing else "$estimate"
    token = hospital_token(running.hospital_callers_file)
    return send_document(f"{running.url('intake')}/{path}/{operation}", content, content_type, token=token)


def _json(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        refuse("the file holds no JSON object", NO)
    return document


def _case(content: bytes) -> dict[str, Any]:
    try:
        return read_case(content).model_dump(mode="json")
    except CaseRefused as refusal:
        refuse("\n".join(("the file is not a case:", *map(str, refusal.faults))), NO)


def _print_document(answer: dict[str, Any]) -> None:
    if answer.get("resourceType") == "OperationOutcome":
        for issue in answer["issue"]:
            console().print(issue["diagnostics"], markup=False, soft_wrap=True)
        return
    estimated = answer["estimate"]
    if not estimated["known"]:
        refuse(f"what would be paid is not known: {estimated['sentence']} ({estimated['because']})", NO)
    outcome = estimated["outcome"]
    for pend in outcome["pends_for"]:
        console().print(f"it would wait for {pend['owner']}: {pend['code']}", markup=False)
    if "plan_pays_fen" in outcome:
        _print_amounts(outcome)
    rests_on = estimated["rests_on"]
    if rests_on is not None:
        console().print(
            f"rests on coverage {rests_on['coverage_id']}, plan {rests_on['plan_id']} ({rests_on['plan_digest'][:12]}),"
            f" balances of the benefit year {rests_on['benefit_year']} as of event {estimated['as_of_version']} of the"
            f" person; takes for granted: {', '.join(estimated['assumed'])}",
            markup=False,
            soft_wrap=True,
        )


def _print_amounts(outcome: dict[str, Any]) -> None:
    rows = [
        ("bill", outcome["bill_fen"]),
        ("the plan pays", outcome["plan_pays_fen"]),
        *((f"  {part['liability_id']}", part["paid_fen"]) for part in outcome["liabilities"]),
        ("the patient bears", outcome["patient_bears_fen"]),
        ("cash benefits beside the bill", outcome["cash_benefits_fen"]),
    ]
    print_table(("", "yuan"), [(name, format_yuan(fen)) for name, fen in rows], right=("yuan",))
    if outcome["status"] == "denied":
        console().print(f"it would be denied: {outcome['denied_for']}", markup=False)


def _print_case(answer: dict[str, Any]) -> None:
    rows = [
        ("bills", answer["total_fen"]),
        ("the plan pays", answer["plan_pays_fen"]),
        *((f"  {name}", fen) for name, fen in answer["paid_by_liability"].items()),
        ("the patient bears", answer["patient_bears_fen"]),
        ("cash benefits beside the bills", answer["cash_benefits_fen"]),
    ]
    print_table(("", "yuan"), [(name, format_yuan(fen)) for name, fen in rows], right=("yuan",))


def _print_comparison(answer: dict[str, Any]) -> None:
    if answer["same"]:
        console().print("the claim stands on the same facts as the estimate", markup=False)
    else:
        console().print(f"changed since the estimate: {', '.join(answer['changed'])}", markup=False)
    for name in ("then", "now"):
        fen = (answer[name] or {}).get("plan_pays_fen")
        if fen is not None:
            console().print(f"{name}: the plan pays {format_yuan(fen)} yuan", markup=False)
