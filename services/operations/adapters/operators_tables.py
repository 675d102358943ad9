"""The operators' own log as a source to read: no service serves it, so it is read from its tables, and never made."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from libs.eventlog import Recorded, Source, read
from libs.eventlog.database import open_pool
from services.operations.adapters.operator_log import SOURCE

if TYPE_CHECKING:
    from libs.eventlog.database import Pool


OPERATORS_NOT_AT_HAND = "the operators' log is in the database, which is not at hand"


class _Tables:
    """Implements `libs.eventlog.Source`."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position, in order."""
        async with self._pool.acquire() as connection:
            return await read.read_shard(connection, SOURCE, shard, after, limit)

    async def heads(self) -> dict[int, int]:
        """The last position of each shard."""
        async with self._pool.acquire() as connection:
            return await read.heads(connection)


@asynccontextmanager
async def operators_source(database_url: str | None) -> AsyncIterator[Mapping[str, Source]]:
    """The operators' log by its name; empty where nobody has ever operated, or the database is not at hand."""
    if database_url is None:
        yield {}
        return
    pool = await open_pool(database_url, SOURCE, size=2)
    try:
        there = await pool.fetchval("select to_regclass($1) is not null", f"{SOURCE}.shard")
        yield {SOURCE: _Tables(pool)} if there else {}
    finally:
        await pool.close()
