"""`huiji roots`: what the services publish of their logs, to be kept where nobody here can change it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from libs.eventlog.day_roots import DayRoot
from libs.proof import CutUnreadable
from libs.proof.cut import read_roots
from services.operations.adapters.proofs import close_roots, fetch_keys, fetch_roots
from services.operations.adapters.replacing import replace_file
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse

_SHOWN_HEX = 16


def roots(
    close: Annotated[
        bool,
        typer.Option(help="First publish roots over today's events, too; the rest of the day gets others."),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Add what is new to this file; refused when what it holds has changed."
        ),
    ] = None,
    keys: Annotated[
        bool,
        typer.Option("--keys", help="The public keys that sign roots, by service, as JSON: publish them."),
    ] = False,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """The published roots: one per service, shard and day, each chained to the one before."""
    with reaching():
        running = find_platform(platform)
        if keys:
            print_json(asyncio.run(fetch_keys(running)))
            return
        if close:
            asyncio.run(close_roots(running))
        published = asyncio.run(fetch_roots(running))
    if keep is not None:
        _keep(keep, published)
    if as_json:
        print_json([root.as_json() for root in published])
        return
    rows = [
        (root.source, root.shard, root.number, root.day, f"{root.first_position}-{root.last_position}",
         root.root.hex()[:_SHOWN_HEX], root.chain.hex()[:_SHOWN_HEX], root.key.hex()[:_SHOWN_HEX] or "—")
        for root in published
    ]  # fmt: skip
    print_table(
        ("log", "shard", "number", "day", "positions", "root", "chain", "signed by"),
        rows,
        right=("shard", "number"),
    )
    if not rows:
        console().print("No day is closed yet; --close publishes roots over what is there.")


def _keep(file: Path, published: list[DayRoot]) -> None:
    """What was kept once has to be published unchanged, else it is evidence and is not touched."""
    try:
        kept = read_roots(file) if file.exists() else []
    except CutUnreadable as error:
        refuse(str(error), NO)
    now = {(root.source, root.shard, root.number): root for root in published}
    for root in kept:
        if now.get((root.source, root.shard, root.number)) != root:
            place = f"{root.source}/{root.shard} root {root.number} of {root.day}"
            refuse(f"{place} is not published any more as it was kept; {file} stays as it is", NO)
    known = {(root.source, root.shard, root.number) for root in kept}
    fresh = [root for key, root in now.items() if key not in known]
    lines = [orjson.dumps(root.as_json()) + b"\n" for root in (*kept, *fresh)]
    replace_file(file, b"".join(lines))
    console().print(
        f"{len(fresh)} new roots of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC kept in {file}", soft_wrap=True
    )
