"""Put the bodies of closed claims away: planned, which counts them; approved by a second person; run.

Live traffic goes on meanwhile. What a run finds changed since the plan stays: it puts away what is closed when it runs,
of what was recorded when it was planned.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from libs.contracts import Event
from libs.contracts.operations import ArchivingFinished, ArchivingPlanned
from libs.eventlog import archiving as kernel
from services.operations.adapters.archive_log import ArchiveLog
from services.operations.adapters.claims_standing import (
    claims_standing,
    ends_of,
    logs_of,
    parts_of,
    positions_here,
)
from services.operations.domain.archiving import (
    Archiving,
    ArchivingOver,
    ConsumersBehind,
    CutOffAhead,
    NothingToArchive,
    choose,
    plan_of,
    reasons,
    start,
)
from services.operations.use_cases.lag import measure_lag

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

EXPECTED_PER_SECOND = 2_000
"""Events whose bodies are packed, written, read back and taken out of the table; slower beside live traffic."""

_WRITTEN = """
select count(*) as segments, coalesce(sum(events), 0)::bigint as events,
       array_agg(encode(digest, 'hex') order by segment) as digests
from "{source}".archive_segment where run_id = $1
"""


async def plan_archiving(
    log: ArchiveLog,
    database_url: str,
    archiving_id: str,
    before: datetime,
    directory: Path,
    by: str,
    on_shard: Callable[[int, int], None] = lambda shard, shards: None,
) -> ArchivingPlanned:
    """Count what would be put away, and record the plan. Nothing is written or changed.

    `on_shard` hears how many shards are counted, of how many. Raises CutOffAhead, ConsumersBehind, NothingToArchive,
    and UndefinedTableError where services keep their tables in databases of their own.
    """
    now = log.clock()
    if before > now:
        raise CutOffAhead(before)
    behind = [
        f"{lag.consumer} of {lag.source}"
        for lag in await measure_lag(database_url)
        if lag.waiting_since is not None and lag.waiting_since < before
    ]
    if behind:
        raise ConsumersBehind(behind)
    events: Counter[str] = Counter()
    body_bytes: Counter[str] = Counter()
    claims: set[str] = set()
    stay: dict[str, str] = {}
    async with _looking(database_url) as connection:
        sources = await logs_of(connection)
        ends = await ends_of(connection, sources)
        standing = await claims_standing(connection, sources)
        shards = _shards(ends)
        for shard in shards:
            choice = choose(await parts_of(connection, sources, shard), standing, before)
            claims |= choice.claims
            stay |= choice.stay
            for part in choice.going:
                events[part.source] += part.events
                body_bytes[part.source] += part.body_bytes
            on_shard(shard + 1, len(shards))
    if not events:
        raise NothingToArchive(reasons(stay))
    planned = ArchivingPlanned(
        archiving_id=archiving_id, before=before, directory=str(directory), ends=ends, claims=len(claims),
        events=dict(sorted(events.items())), body_bytes=dict(sorted(body_bytes.items())), stay=reasons(stay),
        requested_by=by, planned_at=now,
    )  # fmt: skip
    await log.record(archiving_id, lambda _: [planned])
    return planned


async def run_archiving(
    log: ArchiveLog,
    database_url: str,
    archiving_id: str,
    by: str,
    on_events: Callable[[int], None] = lambda events: None,
) -> ArchivingFinished:
    """Put away what was approved; after a kill, what is left of it. `on_events` hears of each block's.

    Raises ArchivingUnknown, ArchivingNotApproved, ArchivingOver, ArchiveBusy, ChainBroken, OSError; run it again then.
    """
    archiving = await log.record(archiving_id, lambda each: start(each, archiving_id, by, log.clock()))
    planned = plan_of(archiving, archiving_id)
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        async with AsyncExitStack() as held:
            for source in sorted(planned.ends):
                await held.enter_async_context(kernel.alone(connection, source))
            for source in sorted(planned.events):
                await kernel.close_to_older_code(connection, source)
                await kernel.finish_blocks(connection, source, on_events)
            standing = await claims_standing(connection, sorted(planned.ends))
            for shard in _shards(planned.ends):
                await _put_away(connection, planned, shard, standing, log.clock(), on_events)
        finished = await _finished(connection, planned, log.clock())
        # What the bodies took is used again for new events from now on; the files do not shrink by it.
        for source in sorted(planned.events):
            await connection.execute(f'vacuum "{source}".event')
    finally:
        await connection.close()

    def conclude(each: Archiving) -> Sequence[Event]:
        if each.finished is not None:
            raise ArchivingOver(archiving_id)
        return [finished]

    await log.record(archiving_id, conclude)
    return finished


async def _put_away(
    connection: "Connection",
    planned: ArchivingPlanned,
    shard: int,
    standing: Mapping[str, str | None],
    now: datetime,
    on_events: Callable[[int], None],
) -> None:
    choice = choose(await parts_of(connection, sorted(planned.ends), shard), standing, planned.before)
    for source in sorted(planned.events):
        end = planned.ends[source].get(str(shard), 0)
        positions = await positions_here(connection, source, shard, end, choice.going)
        await kernel.put_away(
            connection,
            source,
            shard,
            positions,
            Path(planned.directory),
            planned.archiving_id,
            now,
            on_events,
        )


async def _finished(connection: "Connection", planned: ArchivingPlanned, now: datetime) -> ArchivingFinished:
    events, segments = {}, {}
    for source in sorted(planned.events):
        row = await connection.fetchrow(_WRITTEN.format(source=source), planned.archiving_id)
        if row is not None and row["segments"]:
            events[source], segments[source] = row["events"], row["digests"]
    return ArchivingFinished(
        archiving_id=planned.archiving_id, events=events, segments=segments, finished_at=now
    )


def _shards(ends: Mapping[str, Mapping[str, int]]) -> list[int]:
    return sorted({int(shard) for of_log in ends.values() for shard in of_log})


@asynccontextmanager
async def _looking(database_url: str) -> AsyncIterator["Connection"]:
    """A connection that sees one moment, and changes nothing."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()
