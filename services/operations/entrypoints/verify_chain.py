"""`huiji verify-chain [DIR]`: recompute the hash chain of every shard."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.operations.adapters.operators_tables import OPERATORS_NOT_AT_HAND
from services.operations.domain.manifest import ManifestUnreadable
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import AsJson, console, print_json, print_table, refuse, warn
from services.operations.use_cases.verify_chains import VerifiedChain, verify_export, verify_live


def verify_chain(
    directory: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="An export; else the running platform."),
    ] = None,
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash of every shard: an event that was changed, dropped or moved breaks the chain."""
    running = None
    with Console(stderr=True).status("verifying"):
        if directory is not None:
            try:
                chains = verify_export(directory)
            except ManifestUnreadable as error:
                refuse(str(error), NO)
        else:
            with reaching():
                running = find_platform(platform)
                chains = asyncio.run(verify_live(running))
    _print(chains, as_json=as_json)
    if running is not None and running.database_url is None:
        warn(OPERATORS_NOT_AT_HAND)
    raise typer.Exit(NO if any(chain.broken for chain in chains) else 0)


def _print(chains: list[VerifiedChain], *, as_json: bool) -> None:
    if as_json:
        names = VerifiedChain.__slots__
        print_json([{name: getattr(chain, name) for name in names} for chain in chains])
        return
    rows = [
        (c.source, c.shard, c.events, c.head_hash[:16], c.broken or "holds")
        for c in chains
        if c.events or c.broken
    ]
    print_table(("log", "shard", "events", "last hash", "chain"), rows, right=("shard", "events"))
    broken = sum(chain.broken is not None for chain in chains)
    events = sum(chain.events for chain in chains)
    verdict = f"{broken} of {len(chains)} chains are broken." if broken else f"All {len(chains)} chains hold"
    console().print(verdict if broken else f"{verdict}: {events} events.")
