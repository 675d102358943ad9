"""All of a deployment as it is at one moment: several connections to its database that see the same snapshot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from libs.eventlog import Recorded
from libs.eventlog.read import EVENT_COLUMNS, to_recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

CONNECTIONS = 4
"""Reading competes with live traffic: a few at a time leave it room."""

# A deployment's logs: every schema with a log of its own. Generations of read models have none.
_SOURCES = """
select nspname as name from pg_namespace
where exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'event' and relkind = 'r')
  and exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'shard' and relkind = 'r')
order by nspname
"""
_PAGE = f"""
select {EVENT_COLUMNS}
from "{{source}}".event where shard = $1 and position > $2 order by position limit $3
"""


class DatabaseSnapshot:
    """Hands out connections that all see the same moment."""

    def __init__(self, connections: Sequence["Connection"]) -> None:
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Connection"]:
        """One of them, for as long as it is needed."""
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def sources(self) -> dict[str, "SnapshotSource"]:
        """Every log in the database."""
        async with self.connection() as connection:
            names = [row["name"] for row in await connection.fetch(_SOURCES)]
        return {name: SnapshotSource(self, name) for name in names}


class SnapshotSource:
    """A log as it was at that moment. Implements `libs.eventlog.Source`."""

    def __init__(self, snapshot: DatabaseSnapshot, name: str) -> None:
        self._snapshot = snapshot
        self._name = name

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position, in order."""
        async with self._snapshot.connection() as connection:
            rows = await connection.fetch(_PAGE.format(source=self._name), shard, after, limit)
            return await to_recorded(connection, self._name, rows)

    async def heads(self) -> dict[int, int]:
        """The last position of each shard."""
        async with self._snapshot.connection() as connection:
            rows = await connection.fetch(f'select shard, position from "{self._name}".shard order by shard')
        return {row["shard"]: row["position"] for row in rows}


@asynccontextmanager
async def open_snapshot(database_url: str) -> AsyncIterator[DatabaseSnapshot]:
    """Within: a moment of the database, which goes on meanwhile."""
    async with AsyncExitStack() as stack:
        connections = []
        for _ in range(CONNECTIONS):
            connection = await asyncpg.connect(
                database_url, server_settings={"timezone": "UTC", "jit": "off"}
            )
            stack.push_async_callback(connection.close)
            connections.append(connection)
        await connections[0].execute("begin isolation level repeatable read read only")
        token = await connections[0].fetchval("select pg_export_snapshot()")
        for connection in connections[1:]:
            await connection.execute("begin isolation level repeatable read read only")
            await connection.execute(f"set transaction snapshot '{token}'")
        yield DatabaseSnapshot(connections)
