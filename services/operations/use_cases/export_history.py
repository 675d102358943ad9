"""Export every service's log and the operators' own to files: a consistent cut, complete or not there at all."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import httpx2

from libs.eventlog import Source
from libs.eventlog.serve import HttpSource
from libs.proof import Cut
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller
from services.operations.adapters.database_snapshot import open_snapshot
from services.operations.adapters.event_files import shard_writer
from services.operations.adapters.exports import write_manifest
from services.operations.adapters.operators_tables import operators_source
from services.operations.adapters.proofs import fetch_proofs
from services.operations.adapters.state_tables import KEY_SCHEMA, READ_MODELS, export_tables
from services.operations.domain.manifest import NAME, Encoding, ExportedShard, Manifest

PAGE_EVENTS = 2_000
#: Reading is the services' work; a few at a time keep them free for their own.
AT_ONCE = 4
_TIMEOUT_SECONDS = 60


class ExportExists(Exception):
    """The directory has something else in it, or an export that is to be kept."""

    code = "export_exists"


class LogEndsEarly(Exception):
    """A service serves fewer events than its heads say."""

    code = "log_ends_early"


async def export_history(
    running: RunningAt,
    directory: Path,
    now: datetime,
    *,
    replace: bool = False,
    encoding: Encoding = "log",
    on_total: Callable[[int], None] = lambda events: None,
    on_page: Callable[[int], None] = lambda events: None,
) -> Manifest:
    """Read all logs of a running platform's services into `directory`, and the operators' where its database is known.

    An interrupted export leaves what was there before. `replace` takes the place of an earlier export.
    Raises ExportExists, SourceUnreachable, LogEndsEarly.
    """
    with _taking(directory, replace) as unfinished:
        async with (
            httpx2.AsyncClient(
                timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
            ) as client,
            operators_source(running.database_url) as operators,
        ):
            served = {name: HttpSource(name, url, client) for name, url in running.services.items()}
            # Last, so that its end is read first: a plan names the ends that the other logs had.
            sources: dict[str, Source] = {**served, **operators}
            heads = await _consistent_heads(sources)
            on_total(sum(heads.values()))
            shards = await _export_shards(sources, heads, unfinished, encoding, on_page)
        await fetch_proofs(running, Cut(unfinished))
        manifest = Manifest(now.isoformat(), shards, encoding)
        _put_in_place(unfinished, directory, manifest)
    return manifest


async def export_deployment(
    database_url: str,
    directory: Path,
    now: datetime,
    *,
    keys: bool,
    replace: bool = False,
    encoding: Encoding = "log",
    on_total: Callable[[int], None] = lambda events: None,
    on_page: Callable[[int], None] = lambda events: None,
) -> Manifest:
    """All logs and what services keep beside them, as they are at one moment: enough to go on elsewhere.

    `keys`: with the persons' wrapped keys. Raises as `export_history` does.
    """
    with _taking(directory, replace) as unfinished:
        async with open_snapshot(database_url) as snapshot:
            sources = await snapshot.sources()
            heads = await _consistent_heads(sources)
            on_total(sum(heads.values()))
            shards = await _export_shards(sources, heads, unfinished, encoding, on_page)
            kept = [name for name in sources if name != READ_MODELS] + [KEY_SCHEMA] * keys
            async with snapshot.connection() as connection:
                tables = [
                    table for name in kept for table in await export_tables(connection, name, unfinished)
                ]
        manifest = Manifest(now.isoformat(), shards, encoding, tables, keys)
        _put_in_place(unfinished, directory, manifest)
    return manifest


@contextmanager
def _taking(directory: Path, replace: bool) -> Iterator[Path]:
    """Within: a directory to write to, which is gone afterwards unless it was put in place."""
    _may_take(directory, replace)
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    # Pseudonyms, amounts and diagnoses in clear, and perhaps keys: its owner's alone.
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _put_in_place(unfinished: Path, directory: Path, manifest: Manifest) -> None:
    """The manifest is the last file of an export; then the whole of it appears at once."""
    write_manifest(unfinished, manifest)
    earlier = directory.with_name(f"{directory.name}.earlier")
    shutil.rmtree(earlier, ignore_errors=True)
    if directory.exists():
        directory.rename(earlier)
    unfinished.rename(directory)
    shutil.rmtree(earlier, ignore_errors=True)


def _may_take(directory: Path, replace: bool) -> None:
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not (replace and (directory / NAME).exists()):
        why = "it holds an export" if (directory / NAME).exists() else "it is not an export"
        raise ExportExists(f"{directory} exists: {why}")


async def _consistent_heads(sources: Mapping[str, Source]) -> dict[tuple[str, int], int]:
    """Ends of the logs, downstream first: what led to an event was recorded before, so its log's end includes it."""
    heads: dict[tuple[str, int], int] = {}
    for name in reversed(list(sources)):
        for shard, position in (await sources[name].heads()).items():
            heads[name, shard] = position
    return heads


async def _export_shards(
    sources: Mapping[str, Source],
    heads: Mapping[tuple[str, int], int],
    directory: Path,
    encoding: Encoding,
    on_page: Callable[[int], None],
) -> list[ExportedShard]:
    free = asyncio.Semaphore(AT_ONCE)

    async def export_one(name: str, shard: int, head: int) -> list[ExportedShard]:
        async with free:
            with closing(shard_writer(encoding, directory, name, shard)) as writer:
                position = 0
                while position < head:
                    events = await sources[name].read(shard, position, min(PAGE_EVENTS, head - position))
                    if not events:
                        raise LogEndsEarly(f"{name} shard {shard} ends at {position}, its head is {head}")
                    writer.write(events)
                    position = events[-1].position
                    on_page(len(events))
                return writer.finish()

    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(export_one(name, shard, head))
                for (name, shard), head in sorted(heads.items())
            ]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [file for task in running for file in task.result()]
