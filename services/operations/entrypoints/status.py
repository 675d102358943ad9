"""`huiji status`: how every part of the platform is, on one screen."""

import asyncio

import typer

from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table
from services.operations.use_cases.status import PartStatus, PlatformStatus, status_of

_NUMBERS = ("lag", "parked", "not published", "held")


def status(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Each part: up, ready, events to process, parked, not published; and the oldest claim without a decision.

    Ends with 0 when every part is up and ready and nothing is parked, else with 1.
    """
    with reaching():
        found = asyncio.run(status_of(find_platform(platform)))
    print_json(found.as_json()) if as_json else _print(found)
    raise typer.Exit(0 if found.well else NO)


def _print(found: PlatformStatus) -> None:
    columns = ("part", "up", "ready", *_NUMBERS, "up since", "why not")
    print_table(columns, [_row(part) for part in found.parts], right=_NUMBERS)
    for part in found.parts:
        if part.in_hand:
            text = (
                f"{part.part} has {part.in_hand} submissions in hand, {part.in_hand_largest} of one hospital."
            )
            console().print(text, markup=False, soft_wrap=True)
    oldest = found.oldest_open_claim
    if found.unknown:
        text = f"Which claims wait for a decision is not known: {found.unknown}."
        console().print(text, markup=False, soft_wrap=True)
    elif oldest is None:
        console().print("No claim waits for a decision.")
    else:
        waits = ", ".join(oldest["pend_reasons"] or ()) or oldest["status"]
        since = local(oldest["received_at"])
        text = f"The oldest claim without a decision: {oldest['claim_id']}, received {since} ({waits})."
        console().print(text, markup=False, soft_wrap=True)


def _row(part: PartStatus) -> tuple[object, ...]:
    ready = None if part.ready is None else ("yes" if part.ready else "no")
    why = "; ".join((*part.reasons, *part.held))
    numbers = (part.lag, part.parked, part.behind, len(part.held) or None)
    return (part.part, "yes" if part.up else "no", ready, *numbers, local(part.started_at), why)
