"""How far every consumer is behind its sources, in events and in time: asked of the tables, whoever runs or hangs.

A consumer's own metric stands still when its process does; two rows in the database cannot.
"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

_CHECKPOINTS = """
select nspname as name from pg_namespace
where to_regclass(quote_ident(nspname) || '.checkpoint') is not null
  and to_regclass(quote_ident(nspname) || '.event') is not null
order by nspname
"""
_SOURCES = 'select distinct source from "{consumer}".checkpoint order by source'
_LAG = """
select count(*) filter (where head.position > mine.position) as lanes,
       coalesce(sum(greatest(head.position - mine.position, 0)), 0)::bigint as events,
       min(next.recorded_at) as waiting_since, max(last.recorded_at) as heard_to
from "{consumer}".checkpoint as mine
join "{source}".shard as head using (shard)
left join "{source}".event as next on next.shard = mine.shard and next.position = mine.position + 1
left join "{source}".event as last on last.shard = mine.shard and last.position = mine.position
where mine.source = $1
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """One consumer and source. `waiting_since`: when the oldest event it has not processed was recorded.

    `heard_to`: when the newest that it has processed was. Both None when there is none.
    """

    consumer: str
    source: str
    lanes_behind: int
    events: int
    waiting_since: datetime | None
    heard_to: datetime | None


async def measure_lag(database_url: str) -> list[Lag]:
    """Every consumer and source whose logs are in this database."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            logs = [row["name"] for row in await connection.fetch(_CHECKPOINTS)]
            found = []
            for consumer in logs:
                for row in await connection.fetch(_SOURCES.format(consumer=consumer)):
                    source = row["source"]
                    if source in logs:
                        lag = await connection.fetchrow(_LAG.format(consumer=consumer, source=source), source)
                        assert lag is not None, "an aggregate always has a row"
                        found.append(Lag(consumer, source, *lag))
            return found
    finally:
        await connection.close()
