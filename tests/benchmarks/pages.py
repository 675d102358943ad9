"""What PostgreSQL did with pages: counts say more of a long history than the processor time of a busy machine."""

from dataclasses import dataclass

import asyncpg

_COUNTS = """
select wal_bytes::float8 / 1000 as logged_kilobytes, wal_fpi::float8 as logged_whole, blks_read::float8 as read
from pg_stat_wal, pg_stat_database where datname = current_database()
"""


@dataclass(frozen=True)
class Pages:
    """Kilobytes that were logged, pages that were logged whole, and pages read from outside PostgreSQL's buffers."""

    logged_kilobytes: float
    logged_whole: float
    read: float

    def since(self, before: "Pages", claims: int) -> "Pages":
        """What has come since, per claim."""
        return Pages(
            (self.logged_kilobytes - before.logged_kilobytes) / claims,
            (self.logged_whole - before.logged_whole) / claims,
            (self.read - before.read) / claims,
        )


async def pages_of(database: asyncpg.Connection) -> Pages:
    """Since the server counts. Connections tell what they did a second after they did it, the last of it not at all."""
    row = await database.fetchrow(_COUNTS)
    assert row is not None, "every database is counted"
    return Pages(*row)
