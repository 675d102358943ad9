"""Take bodies back from the archive into their logs, each after its hash was found to fit; check what lies there."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from libs.contracts.operations import BodiesRestored
from libs.eventlog.archive_check import Checked, check_archive
from libs.eventlog.archiving import alone
from libs.eventlog.bringing_back import Misfit, bring_back
from services.operations.adapters.archive_log import ArchiveLog
from services.operations.adapters.claims_standing import ends_of, logs_of, positions_away
from services.operations.domain.archiving import CLAIM
from services.operations.domain.errors import OperationsError


class NothingArchived(OperationsError):
    """Nothing of what was asked for lies in the archive."""

    code = "nothing_archived"

    def __init__(self, claims: Sequence[str]) -> None:
        of = f" of {', '.join(claims)}" if claims else ""
        super().__init__(f"nothing{of} lies in the archive")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what the archive cannot give back, each with why."""

    told: BodiesRestored
    misfits: tuple[Misfit, ...]


async def restore_archived(
    log: ArchiveLog,
    database_url: str,
    restoring_id: str,
    claims: Sequence[str],
    by: str,
    on_events: Callable[[int], None] = lambda events: None,
) -> Restored:
    """Bring back the bodies of these claims, of all when none is named. Killed, what came back is back: ask again.

    Raises NothingArchived and ArchiveBusy.
    """
    brought: Counter[str] = Counter()
    misfits: list[Misfit] = []
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        for source, shards in (await ends_of(connection, await logs_of(connection))).items():
            async with alone(connection, source):
                for shard in map(int, shards):
                    positions = await positions_away(connection, source, shard, claims)
                    came, wrong = await bring_back(connection, source, shard, positions, on_events)
                    brought[source] += came
                    misfits += wrong
    finally:
        await connection.close()
    if not misfits and not brought.total():
        raise NothingArchived(claims)
    told = BodiesRestored(
        archiving_id=restoring_id,
        claims=tuple(claim.removeprefix(CLAIM) for claim in claims),
        events={source: count for source, count in sorted(brought.items()) if count},
        refused=dict(sorted(Counter(each.source for each in misfits).items())),
        restored_by=by,
        restored_at=log.clock(),
    )
    await log.record(restoring_id, lambda _: [told])
    return Restored(told, tuple(misfits))


async def check_archives(
    database_url: str, on_events: Callable[[int], None] = lambda events: None
) -> dict[str, Checked]:
    """Read all that every log has in the archive, and hold it against the database, by log. Changes nothing."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        return {
            source: await check_archive(connection, source, on_events) for source in await logs_of(connection)
        }
    finally:
        await connection.close()
