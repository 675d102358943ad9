"""Read the logs that move the clocks of claims, shard after shard, and split each claim's time by party."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx2
import orjson

from libs.eventlog.serve import HttpSource
from services.operations.domain.clocks import HEARD, Interval, Turn, clocks

PAGE_EVENTS = 2_000
_TIMEOUT_SECONDS = 60


async def read_clocks(
    services: Mapping[str, str],
    now: datetime,
    *,
    on_total: Callable[[int], None] = lambda events: None,
    on_page: Callable[[int], None] = lambda events: None,
) -> dict[str, list[Interval]]:
    """The intervals of every claim, by its id. `services` maps names to base URLs. Raises SourceUnreachable.

    All of a person's events are in one shard of every service: a shard at a time is in memory.
    """
    found: dict[str, list[Interval]] = {}
    async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        sources = {name: HttpSource(name, services[name], client) for name in HEARD}
        heads = {name: await source.heads() for name, source in sources.items()}
        on_total(sum(head for shards in heads.values() for head in shards.values()))
        for shard in heads["intake"]:
            claims: dict[str, list[Turn]] = defaultdict(list)
            for name, source in sources.items():
                await _read_shard(source, name, shard, heads[name][shard], claims, on_page)
            for claim_id, turns in claims.items():
                # Within one instant in the order in which a claim passes the services: each log is in its own order.
                found[claim_id] = clocks(sorted(turns, key=lambda turn: turn.moment), now)
    return found


async def _read_shard(
    source: HttpSource,
    name: str,
    shard: int,
    head: int,
    claims: Mapping[str, list[Turn]],
    on_page: Callable[[int], None],
) -> None:
    position = 0
    while position < head:
        page = await source.read(shard, position, min(PAGE_EVENTS, head - position))
        for event in page:
            if event.type in HEARD[name]:
                body = orjson.loads(event.body)
                claims[body["claim_id"]].append(Turn(event.recorded_at, name, event.type, body))
        position = page[-1].position if page else head
        on_page(len(page))
