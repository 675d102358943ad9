"""Read what the services' logs say of claims, shard after shard: each claim's events of certain types."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

import httpx2
import orjson

from libs.eventlog.serve import HttpSource
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller
from services.operations.domain.clocks import Turn

PAGE_EVENTS = 2_000
_TIMEOUT_SECONDS = 60

Heard = Mapping[str, frozenset[str]]
"""Event types by source, sources in the order in which a claim passes them."""
OnCount = Callable[[int], None]


async def read_turns(
    running: RunningAt, heard: Heard, on_total: OnCount, on_page: OnCount
) -> AsyncGenerator[dict[str, list[Turn]], None]:
    """A shard at a time, the events of its claims by claim id, in the order of their times. Raises SourceUnreachable.

    All of a person's events are in one shard of every service.
    """
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        sources = {name: HttpSource(name, running.services[name], client) for name in heard}
        heads = {name: await source.heads() for name, source in sources.items()}
        on_total(sum(head for shards in heads.values() for head in shards.values()))
        for shard in next(iter(heads.values())):
            claims: dict[str, list[Turn]] = defaultdict(list)
            for name, source in sources.items():
                async with aclosing(
                    _read_shard(source, name, shard, heads[name][shard], heard, on_page)
                ) as turns:
                    async for turn in turns:
                        claims[turn.event["claim_id"]].append(turn)
            # Within one instant in the order of the sources; each log is in its own order.
            yield {
                claim_id: sorted(turns, key=lambda turn: turn.moment) for claim_id, turns in claims.items()
            }


async def _read_shard(
    source: HttpSource, name: str, shard: int, head: int, heard: Heard, on_page: OnCount
) -> AsyncGenerator[Turn, None]:
    position = 0
    while position < head:
        page = await source.read(shard, position, min(PAGE_EVENTS, head - position))
        for event in page:
            if event.type in heard[name]:
                yield Turn(event.recorded_at, name, event.type, orjson.loads(event.body))
        position = page[-1].position if page else head
        on_page(len(page))
