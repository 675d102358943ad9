"""Who has looked at the history of a person or a claim: written before anything is shown, and never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


@dataclass(frozen=True, slots=True)
class Reading:
    """`reader` looked at `what` of the stream `about`, and said `why`. `proven`: by a staff token, not just named."""

    read_at: datetime
    reader: str
    about: str
    what: str
    why: str
    proven: bool = False


async def note_reading(connection: "Connection", reading: Reading) -> None:
    """Record it. Who cannot be recorded is shown nothing: the caller does this first."""
    await connection.execute(
        "insert into reading (read_at, reader, about, what, why, proven) values ($1, $2, $3, $4, $5, $6)",
        reading.read_at,
        reading.reader,
        reading.about,
        reading.what,
        reading.why,
        reading.proven,
    )


async def readings_of(connection: "Connection", about: str, limit: int) -> list[Reading]:
    """The newest readings of a stream, newest first."""
    rows = await connection.fetch(
        "select read_at, reader, about, what, why, proven from reading where about = $1 order by id desc limit $2",
        about,
        limit,
    )
    return [Reading(*row) for row in rows]
