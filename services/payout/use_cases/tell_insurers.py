"""Each insurer reads its own stream on its own topic: at least once, in order, `sequence` tells repetitions."""

from collections.abc import Sequence
from typing import Protocol

from libs.eventlog import EventLog, Recorded, UnitOfWork
from libs.eventlog.read import read_stream

AT_ONCE = 500

_BEHIND = """
select insurer, coalesce(told.version, 0) as version, coalesce(last_offset, -1) as last_offset
from insurer_books as books left join insurer_topic as told using (insurer)
where books.version > coalesce(told.version, 0)
"""


class InsurerTopics(Protocol):
    """Where insurers read."""

    async def publish(self, insurer: str, events: Sequence[Recorded]) -> tuple[int, int]:
        """The offsets at which the first and the last batch begin; durable on the broker when it returns."""

    async def end_offsets(self, insurers: Sequence[str]) -> dict[str, int]:
        """The next offset of each insurer's topic; one that is not there is made."""


async def tell_insurers(log: EventLog, topics: InsurerTopics) -> int:
    """Publish what the topics do not have yet, a page of each; returns how many events.

    Each is told in a transaction of its own: a topic that takes nothing neither holds up the others nor lets them be
    told again. What it raises is raised when the others are told.
    """
    told = 0
    failed: list[Exception] = []
    behind = await log.pool.fetch(f"select insurer from ({_BEHIND}) as behind order by insurer")
    for row in behind:
        try:
            told += await _tell(log, topics, row["insurer"])
        except Exception as error:  # noqa: BLE001 - raised when the others are told
            failed.append(error)
    if failed:
        raise failed[0]
    return told


async def _tell(log: EventLog, topics: InsurerTopics, insurer: str) -> int:
    """A topic that takes events where it had others before has been lost with its broker: it is told from the
    beginning.
    """
    async with log.transaction() as work:
        if not await _alone(log, work):
            return 0
        # Asked again: another process may have told them since.
        row = await work.connection.fetchrow(f"{_BEHIND} and insurer = $1", insurer)
        if row is None:
            return 0
        events = await read_stream(work.connection, log.source, f"insurer-{insurer}", row["version"], AT_ONCE)
        first, last = await topics.publish(insurer, events)
        if first > row["last_offset"]:
            await _note(work, insurer, events[-1].version, last)
        else:
            await _note(work, insurer, 0, -1)
    return len(events)


async def look_for_lost_topics(log: EventLog, topics: InsurerTopics) -> int:
    """Find topics that end before what they were told, to be told again; returns how many."""
    async with log.transaction() as work:
        if not await _alone(log, work):
            return 0
        rows = await work.connection.fetch("select insurer, last_offset from insurer_topic where version > 0")
        ends = await topics.end_offsets([row["insurer"] for row in rows]) if rows else {}
        lost = [row["insurer"] for row in rows if ends[row["insurer"]] <= row["last_offset"]]
        for insurer in lost:
            await _note(work, insurer, 0, -1)
    return len(lost)


async def _alone(log: EventLog, work: UnitOfWork) -> bool:
    """Whether no other process tells the topics now: two would mix their orders."""
    key = f"huiji {log.source} insurers' topics"
    alone: bool = await work.connection.fetchval("select pg_try_advisory_xact_lock(hashtext($1))", key)
    return alone


async def _note(work: UnitOfWork, insurer: str, version: int, last_offset: int) -> None:
    await work.connection.execute(
        "insert into insurer_topic (insurer, version, last_offset) values ($1, $2, $3)"
        " on conflict (insurer) do update set version = excluded.version, last_offset = excluded.last_offset",
        insurer,
        version,
        last_offset,
    )
