"""A cut of a deployment to check: from its database in one snapshot, else from its running services."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from libs.proof import Cut, CutUnreadable
from libs.proof.cut import PLANS, ROOTS
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.database_cut import cut_of_database
from services.operations.adapters.event_files import read_events
from services.operations.adapters.exports import ShardFile, read_manifest, write_manifest
from services.operations.adapters.operator_log import SOURCE as OPERATORS
from services.operations.domain.manifest import NAME, ExportedShard, Manifest
from services.operations.domain.topology import SERVICES
from services.operations.use_cases.export_history import export_history


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be checked: running services, a database (running services or not), a bank; whatever is known.

    `root_keys`: the directory where its services keep their keys, and what they have signed.
    """

    running: RunningAt | None
    database_url: str | None
    bank_url: str | None
    root_keys: Path | None = None


def take_cut(deployment: Deployment, directory: Path, now: datetime, on_events: Callable[[int], None]) -> Cut:
    """Write the cut into `directory`, which does not exist yet. Raises NoLogs, SourceUnreachable, OSError."""
    if deployment.database_url is not None:
        directory.mkdir(parents=True)
        names = [*(service.name for service in SERVICES), OPERATORS]
        return asyncio.run(cut_of_database(deployment.database_url, names, directory, now, on_events))
    assert deployment.running is not None, "a deployment has services or a database"
    asyncio.run(export_history(deployment.running, directory, now, on_page=on_events))
    return Cut(directory)


def cut_of_export(directory: Path, place: Path) -> Cut:
    """An export as a cut: itself, or rewritten into `place` when its events are in another encoding.

    Raises ManifestUnreadable, CutUnreadable.
    """
    if not (directory / NAME).exists():
        cut = Cut(directory)
        if not cut.sources():
            raise CutUnreadable(f"there are no logs in {directory}")
        return cut
    manifest = read_manifest(directory)
    if manifest.encoding == "log":
        return Cut(directory)
    logs: dict[tuple[str, int], list[ExportedShard]] = {}
    for exported in manifest.shards:
        logs.setdefault((exported.source, exported.shard), []).append(exported)
    for (source, shard), files in logs.items():
        with ShardFile(place, source, shard) as file:
            for exported in files:
                file.write(list(read_events(directory / exported.file, source)))
    write_manifest(place, Manifest(manifest.exported_at, manifest.shards))
    for name in (ROOTS, PLANS):
        if (directory / name).exists():
            (place / name).symlink_to((directory / name).resolve())
    return Cut(place)
