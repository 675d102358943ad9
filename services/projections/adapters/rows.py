"""How a question to the read models becomes rows of plain JSON values."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from libs.eventlog import EventLog

if TYPE_CHECKING:
    from libs.eventlog.database import Row as DatabaseRow

Row = dict[str, Any]

_JSON = frozenset({"bearings", "pool_shares", "compared"})


async def select(log: EventLog, view: str, rest: str, *arguments: object) -> list[Row]:
    """The rows of `select * from view` with the `rest` of the query."""
    async with log.pool.acquire() as connection:
        return [plain(row) for row in await connection.fetch(f"select * from {view} {rest}", *arguments)]


def plain(row: "DatabaseRow") -> Row:
    """A row as JSON has it."""
    return {name: _plain_value(name, value) for name, value in row.items()}


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    # The driver hands jsonb over as text.
    return orjson.loads(value) if name in _JSON and value is not None else value
