"""`huiji contracts`: the published events as schemas, samples and AsyncAPI, and the gate that keeps them compatible."""

from collections.abc import Iterable
from typing import Annotated

import typer

from libs.contracts.compatibility import Refusal
from services.operations.adapters.released_schemas import RevisionUnreadable
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.output import AsJson, console, print_json, refuse
from services.operations.entrypoints.places import CHECKOUT
from services.operations.use_cases.contracts import check_contracts, export_contracts

contracts = typer.Typer(no_args_is_help=True, help="The events that services publish.")


@contracts.command()
def export(
    replace: Annotated[
        bool, typer.Option(help="Let versions that no release has published take another shape.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write docs/schemas/events, docs/asyncapi.yaml and the golden samples from the models."""
    done = export_contracts(CHECKOUT, replace=replace)
    if as_json:
        print_json(
            {
                "written": done.written,
                "removed": done.removed,
                "unchanged": done.unchanged,
                "refused": list(map(str, done.refused)),
            }
        )
    if done.refused:
        refuse(_refused_words(done.refused), NO)
    if not as_json:
        for path in done.written:
            console().print(f"wrote {path}", soft_wrap=True)
        for path in done.removed:
            console().print(f"removed {path}", soft_wrap=True)
        console().print(
            f"{len(done.written)} written, {len(done.removed)} removed, {done.unchanged} unchanged"
        )


@contracts.command()
def check(
    against: Annotated[
        str | None, typer.Option(help="Also compare with this git revision, e.g. the branch to merge into.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a change that readers or old events cannot take, and exported files that are not current."""
    try:
        checked = check_contracts(CHECKOUT, against)
    except RevisionUnreadable as error:
        refuse(str(error), 2)
    if as_json:
        print_json(
            {
                "holds": checked.holds,
                "contracts": checked.contracts,
                "released": checked.released,
                "refused": list(map(str, checked.refused)),
                "stale": checked.stale,
            }
        )
    if checked.refused:
        refuse(_refused_words(checked.refused), NO)
    if checked.stale:
        refuse("\n".join((*checked.stale, "Run `huiji contracts export`.")), NO)
    if not as_json:
        baseline = f"release {checked.released}" if checked.released else "what is exported (no release yet)"
        console().print(f"{checked.contracts} contracts are current and compatible with {baseline}.")


def _refused_words(refused: Iterable[Refusal]) -> str:
    return "\n".join(("Incompatible changes:", *(f"  {refusal}" for refusal in refused)))
