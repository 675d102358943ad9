"""Read the logs that say what a pool has, shards side by side, and fold them as of a moment."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import orjson

from libs.eventlog.serve import HttpSource
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller
from services.operations.adapters.histories import Moment
from services.operations.domain.pool import SOURCES, PoolFold

PAGE_EVENTS = 2_000
#: Reading is the services' work; a few at a time keep them free for their own.
AT_ONCE = 4
_TIMEOUT_SECONDS = 60


async def pool_at(
    running: RunningAt,
    plan_id: str,
    moment: Moment,
    *,
    on_total: Callable[[int], None] = lambda events: None,
    on_page: Callable[[int], None] = lambda events: None,
) -> dict[str, Any]:
    """The pool of a plan as JSON. Raises SourceUnreachable."""
    fold = PoolFold(plan_id, moment.at, moment.known_at)
    free = asyncio.Semaphore(AT_ONCE)
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        sources = {name: HttpSource(name, running.services[name], client) for name in SOURCES}
        heads = {
            (name, shard): head for name in SOURCES for shard, head in (await sources[name].heads()).items()
        }
        on_total(sum(heads.values()))

        async def read_shard(name: str, shard: int, head: int) -> None:
            async with free:
                position = 0
                while position < head:
                    page = await sources[name].read(shard, position, min(PAGE_EVENTS, head - position))
                    for event in page:
                        if fold.wants(event):
                            fold.take(event, orjson.loads(event.body))
                    position = page[-1].position if page else head
                    on_page(len(page))

        try:
            async with asyncio.TaskGroup() as tasks:
                for (name, shard), head in heads.items():
                    tasks.create_task(read_shard(name, shard, head))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return moment.as_json() | fold.as_json()
