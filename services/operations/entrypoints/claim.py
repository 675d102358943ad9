"""`huiji claim CLAIM_ID`: one claim and its way through the services, now or as it was."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import typer

from libs.interop.fhir import encode_bundle
from libs.money import format_yuan
from services.operations.adapters.read_models import ask_read_models
from services.operations.entrypoints.clocks import clocks_of_steps, print_clocks
from services.operations.entrypoints.exits import NO
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
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table, refuse
from services.operations.entrypoints.showing import print_travelled
from services.operations.entrypoints.summarising import print_claim
from services.operations.use_cases.explain_claim import as_bundle, as_text, read_decisions
from services.operations.use_cases.read_amendments import read_amendments, with_amendments

_AMOUNTS_BY_NAME = frozenset({"bearings", "pool_shares"})
_TOLD_BY_THE_CLAIM = frozenset({"claim_id", "person_id", "hospital_id", "bill_fen", "service_date"})


def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim's id.")],
    at: At = None,
    known_at: KnownAt = None,
    by: By = "",
    why: Why = "",
    platform: PlatformFile = None,
    eob: Annotated[
        bool, typer.Option("--eob", help="Print its decisions as FHIR R4 ExplanationOfBenefit.")
    ] = False,
    text: Annotated[
        Literal["zh", "en"] | None,
        typer.Option("--text", help="Print how its decision came about, in zh or en."),
    ] = None,
    own_clocks: Annotated[
        bool, typer.Option("--clocks", help="Print for whom it waited, from event to event.")
    ] = False,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """A claim as the read model has it, and every event on its way; at a moment: as each service folds it."""
    if text is not None and as_json:
        raise typer.BadParameter("--text is prose; --eob and the claim itself are JSON", param_hint="--json")
    if own_clocks and at is not None:
        raise typer.BadParameter(
            "what was not in effect moved the clocks, too; right would be --known-at", param_hint="--at"
        )
    if eob or text is not None:
        _explain(claim_id, platform, text)
        return
    if at is None and known_at is None and not own_clocks:
        _as_projected(claim_id, platform, as_json)
        return
    moment = moment_of(at, known_at)
    with reaching():
        found = travelled(histories(find_platform(platform), by, why), "claim", claim_id, moment)
    if own_clocks:
        intervals = clocks_of_steps(found.steps, moment.known_at or datetime.now(UTC))
        print_json([each.as_json() for each in intervals]) if as_json else print_clocks(intervals)
    elif as_json:
        print_json(found.as_json())
    elif print_moment(found, f"claim {claim_id}"):
        print_travelled(found) if full else print_claim(found)
    raise typer.Exit(0 if found.steps else 1)


def _as_projected(claim_id: str, platform: PlatformFile, as_json: bool) -> None:
    with reaching():
        running = find_platform(platform)
        found = ask_read_models(running, f"/claims/{quote(claim_id, safe='')}")
        amended = read_amendments(running, claim_id, found.get("steps") or [])
    if amended.silent:
        typer.echo(f"What was amended is not known of {', '.join(amended.silent)}: no answer.", err=True)
    if amended.made:
        found["amendments"] = amended.made
    if as_json:
        print_json(found)
        return
    steps = with_amendments(found.pop("steps", []), found.pop("amendments", []))
    for name, value in found.items():
        if value in (None, [], {}, ""):
            continue
        if isinstance(value, list) and isinstance(value[0], dict):
            _print_parts(name, value)
        else:
            console().print(f"{_label(name, value)}: {_shown(name, value)}", markup=False, soft_wrap=True)
    columns = ("recorded", "service", "event", "shard/position", "counts")
    rows = [
        (local(s["recorded_at"]), s["source"], s["type"], f"{s['shard']}/{s['position']}", s["counts"])
        for s in steps
    ]
    shown = len(columns) if amended.made else len(columns) - 1
    print_table(columns[:shown], [row[:shown] for row in rows])


def _explain(claim_id: str, platform: Path | None, text: Literal["zh", "en"] | None) -> None:
    """Print the decisions from adjudication's own log, because read models keep no explanation."""
    with reaching():
        running = find_platform(platform)
        decided = read_decisions(running, claim_id)
    said = as_text(decided, text) if text is not None else encode_bundle(as_bundle(decided)).decode()
    if decided and said is None:
        last = decided[-1].decision
        refuse(
            f"claim {claim_id}: decision {last.number} was reversed and none took its place (the claim was withdrawn,"
            f" or waits to be decided anew): huiji claim {claim_id}",
            NO,
        )
    if said is None or not decided:
        refuse(f"claim {claim_id} has no decision yet: huiji claim {claim_id}", NO)
    typer.echo(said)


def _print_parts(name: str, parts: list[dict[str, Any]]) -> None:
    """Decisions, payments and clawbacks, one line each; what the claim says itself and `--json` has is left out."""
    for part in parts:
        told = [
            f"{_label(field, value)} {_shown(field, value)}"
            for field, value in part.items()
            if value not in (None, [], {}, "") and field not in _TOLD_BY_THE_CLAIM
        ]
        console().print(f"{name}: {'; '.join(told)}", markup=False, soft_wrap=True)


def _label(name: str, value: Any) -> str:
    """Without the unit where the amount is shown in yuan."""
    return name.removesuffix("_fen") if isinstance(value, int) else name


def _shown(name: str, value: Any) -> str:
    if isinstance(value, dict):
        by_name = "" if name not in _AMOUNTS_BY_NAME else "_fen"
        return ", ".join(f"{_label(key, each)} {_shown(by_name or key, each)}" for key, each in value.items())
    if name.endswith("_fen") and isinstance(value, int):
        return f"{format_yuan(value)} yuan"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
