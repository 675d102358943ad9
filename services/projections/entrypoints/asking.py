"""How a question to the read models becomes rows of plain JSON values."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import Query

from libs.eventlog import EventLog

if TYPE_CHECKING:
    from libs.eventlog.database import Row

# What is known of a claim before intake was heard has no time yet.
NEWEST_FIRST = "order by received_at desc nulls last"

Limit = Annotated[int, Query(ge=1, le=1_000)]
Ask = Callable[..., Awaitable[list[dict[str, Any]]]]
"""Asks a query with its arguments."""

_JSON = frozenset({"bearings", "pool_shares", "compared"})


def asking(log: EventLog) -> Ask:
    """Asks this service's own tables."""

    async def rows(query: str, *arguments: object) -> list[dict[str, Any]]:
        async with log.pool.acquire() as connection:
            return [plain(row) for row in await connection.fetch(query, *arguments)]

    return rows


def plain(row: "Row") -> dict[str, Any]:
    """A row as JSON has it."""
    return {name: _plain_value(name, value) for name, value in row.items()}


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    # The driver hands jsonb over as text.
    return orjson.loads(value) if name in _JSON and value is not None else value
