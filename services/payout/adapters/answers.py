"""The cursor over the bank's numbered answers, and what in them fits no payment of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry of the bank's that a person has to look at."""

    position: int
    entry: int
    what: str
    end_to_end_id: str | None
    amount_fen: int | None
    bank_reference: str | None


async def cursor(connection: "Connection") -> int:
    """The last recorded answer's position."""
    position: int = await connection.fetchval("select position from bank_cursor")
    return position


async def advance(connection: "Connection", after: int, to: int) -> bool:
    """Move the cursor on, unless another process has moved it since `after` was read."""
    status = await connection.execute("update bank_cursor set position = $2 where position = $1", after, to)
    return status == "UPDATE 1"


async def note_unmatched(connection: "Connection", entries: Sequence[Unmatched], now: datetime) -> None:
    """Keep what fits nothing."""
    await connection.executemany(
        "insert into unmatched (position, entry, what, end_to_end_id, amount_fen, bank_reference, noted_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (e.position, e.entry, e.what, e.end_to_end_id, e.amount_fen, e.bank_reference, now)
            for e in entries
        ],
    )
