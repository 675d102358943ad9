"""`POST /relay/rebuild`: an operator has a topic published again."""

import httpx2
from fastapi import FastAPI

from libs.eventlog import Relay
from libs.runtime.relay_admin import relay_router
from tests.support.kernel import MemoryTopic, add_to_many, all_events, open_log


async def test_the_whole_log_is_published_again_in_order(database: str) -> None:
    async with open_log(database, "intake") as log:
        topic = MemoryTopic(log.shards)
        relay = Relay(log, topic)
        await add_to_many(log, claims=6, each=2)
        await relay.publish_once()
        app = FastAPI()
        app.include_router(relay_router(log, relay))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            answer = await client.post("/relay/rebuild")
        assert (answer.status_code, answer.json()) == (200, {"events": 12})

        assert await relay.publish_once() == 12
        for shard, published in topic.partitions.items():
            recorded = [event for event in await all_events(log) if event.shard == shard]
            assert published == [*recorded, *recorded]
