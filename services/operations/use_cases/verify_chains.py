"""Recompute every hash: of an export on disk, or of the logs of a running platform."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from libs.eventlog import ChainBroken, Recorded, Source, verify_chain
from libs.eventlog.envelope import EnvelopeUnreadable
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.serve import HttpSource
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller
from services.operations.adapters.exports import read_manifest
from services.operations.adapters.operators_tables import operators_source
from services.operations.adapters.verified_files import FileDiffers, exported_shards, verified_pages

PAGE_EVENTS = 2_000
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """One shard's chain; `broken` says where and why it does not hold."""

    source: str
    shard: int
    events: int
    head_hash: str
    broken: str | None


def verify_export(
    directory: Path, on_shard: Callable[[int], None] = lambda events: None
) -> list[VerifiedChain]:
    """Verify every shard of an export against its chain and the manifest. Raises ManifestUnreadable."""
    verified = []
    for (source, shard), files in exported_shards(read_manifest(directory)).items():
        position, previous, broken = 0, GENESIS, None
        try:
            for file in files:
                for page in verified_pages(directory, file, position, previous):
                    position, previous = page[-1].position, page[-1].hash
        except (ChainBroken, EnvelopeUnreadable, FileDiffers) as error:
            broken = str(error)
        verified.append(VerifiedChain(source, shard, position, previous.hex(), broken))
        on_shard(position)
    return verified


async def verify_live(
    running: RunningAt, on_shard: Callable[[int], None] = lambda events: None
) -> list[VerifiedChain]:
    """Verify the logs of running services, and the operators' own, up to their present ends.

    The operators' log is left out where the database is not at hand. Raises SourceUnreachable.
    """
    verified = []
    async with (
        httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)) as client,
        operators_source(running.database_url) as operators,
    ):
        served = {name: HttpSource(name, url, client) for name, url in running.services.items()}
        for name, source in {**served, **operators}.items():
            for shard, head in sorted((await source.heads()).items()):
                verified.append(await _verify_served(source, name, shard, head))
                on_shard(verified[-1].events)
    return verified


async def _verify_served(source: Source, name: str, shard: int, head: int) -> VerifiedChain:
    position, previous, broken = 0, GENESIS, None
    try:
        async for page in _pages(source, shard, head):
            position, previous = verify_chain(page, previous, position)
    except ChainBroken as error:
        broken = str(error)
    if broken is None and position != head:
        broken = f"{name} shard {shard} ends at {position}, its head is {head}"
    return VerifiedChain(name, shard, position, previous.hex(), broken)


async def _pages(source: Source, shard: int, head: int) -> AsyncIterator[list[Recorded]]:
    after = 0
    while after < head:
        page = await source.read(shard, after, min(PAGE_EVENTS, head - after))
        if not page:
            return
        yield page
        after = max(event.position for event in page)
