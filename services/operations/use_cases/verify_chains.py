"""Recompute every hash: of an export on disk, or of the logs that running services serve."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from libs.eventlog import ChainBroken, Recorded, verify_chain
from libs.eventlog.envelope import EnvelopeUnreadable, from_json
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.serve import HttpSource
from services.operations.adapters.exports import read_manifest
from services.operations.domain.manifest import ExportedShard

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
    """Verify every file of an export against its chain and the manifest. Raises ManifestUnreadable."""
    verified = []
    for shard in read_manifest(directory).shards:
        verified.append(_verify_file(directory, shard))
        on_shard(verified[-1].events)
    return verified


def _verify_file(directory: Path, exported: ExportedShard) -> VerifiedChain:
    digest = hashlib.sha256()
    position, previous, broken = 0, GENESIS, None
    try:
        with (directory / exported.file).open("rb") as file:
            position, previous = verify_chain(_recorded(file, digest.update))
    except (ChainBroken, EnvelopeUnreadable) as error:
        broken = str(error)
    except OSError as error:
        broken = f"{exported.file}: {error.strerror}"
    head = previous.hex() if position else None
    if broken is None and (position, head) != (exported.position, exported.head_hash):
        broken = f"ends at {position}, the manifest says {exported.position} with another hash"
    if broken is None and digest.hexdigest() != exported.sha256:
        broken = "the file's SHA-256 is not the manifest's"
    return VerifiedChain(exported.source, exported.shard, position, previous.hex(), broken)


def _recorded(lines: Iterator[bytes], see: Callable[[bytes], None]) -> Iterator[Recorded]:
    for line in lines:
        see(line)
        yield from_json(line)


async def verify_live(
    services: Mapping[str, str], on_shard: Callable[[int], None] = lambda events: None
) -> list[VerifiedChain]:
    """Verify the logs of running services (name → base URL) up to their present ends. Raises SourceUnreachable."""
    verified = []
    async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        for name, url in services.items():
            source = HttpSource(name, url, client)
            for shard, head in sorted((await source.heads()).items()):
                verified.append(await _verify_served(source, name, shard, head))
                on_shard(verified[-1].events)
    return verified


async def _verify_served(source: HttpSource, name: str, shard: int, head: int) -> VerifiedChain:
    position, previous, broken = 0, GENESIS, None
    try:
        async for page in _pages(source, shard, head):
            position, previous = verify_chain(page, previous, position)
    except ChainBroken as error:
        broken = str(error)
    if broken is None and position != head:
        broken = f"{name} shard {shard} ends at {position}, its head is {head}"
    return VerifiedChain(name, shard, position, previous.hex(), broken)


async def _pages(source: HttpSource, shard: int, head: int) -> AsyncIterator[list[Recorded]]:
    after = 0
    while after < head:
        page = await source.read(shard, after, min(PAGE_EVENTS, head - after))
        if not page:
            return
        yield page
        after = max(event.position for event in page)
