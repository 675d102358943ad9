"""Split the time of every claim by the party that it waited for."""

from contextlib import aclosing
from datetime import datetime

from services.operations.adapters.announcing import RunningAt
from services.operations.domain.clocks import HEARD, Interval, clocks
from services.operations.use_cases.read_turns import OnCount, read_turns


async def read_clocks(
    running: RunningAt, now: datetime, on_total: OnCount, on_page: OnCount
) -> dict[str, list[Interval]]:
    """The intervals of every claim, by its id. Raises SourceUnreachable."""
    found: dict[str, list[Interval]] = {}
    async with aclosing(read_turns(running, HEARD, on_total, on_page)) as shards:
        async for claims in shards:
            found |= {claim_id: clocks(turns, now) for claim_id, turns in claims.items()}
    return found
