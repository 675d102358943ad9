"""A service inside the test process: log, relay, topic on the real broker, and its log by HTTP, each on or off."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from libs.eventlog import EventLog, Relay
from libs.eventlog.kafka import KafkaTopic
from libs.eventlog.serve import log_router
from libs.local_platform import choose_port
from tests.support.kernel import open_log
from tests.support.waiting import until


class Upstream:
    """A log with its edge; `relay` runs while inside `relaying`, HTTP answers while inside `serving`."""

    def __init__(self, log: EventLog, topic: KafkaTopic) -> None:
        self.log = log
        self.topic = topic
        self.port = choose_port()

    @property
    def url(self) -> str:
        """Where its log answers while it is served."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def relaying(self, relays: int = 1, *, window: int = 1_000) -> AsyncIterator[list[Relay]]:
        """Publish, by several relays at once when asked."""
        made = [
            Relay(self.log, self.topic, window=window, watch_seconds=0.5, retry_seconds=0.1)
            for _ in range(relays)
        ]
        tasks = [asyncio.create_task(relay.run()) for relay in made]
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer `/log`."""
        app = FastAPI()
        app.include_router(log_router(self.log))
        server = _Server(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None))
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        try:
            yield
        finally:
            server.should_exit = True
            await task

    async def head(self) -> int:
        """Events in the log."""
        events: int = await self.log.pool.fetchval("select sum(position)::int from shard")
        return events

    async def published(self) -> bool:
        """Everything recorded is published."""
        behind = "select count(*) from relay join shard using (shard) where relay.position < shard.position"
        return await self.log.pool.fetchval(behind) == 0


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_upstream(database: str, bootstrap: str, name: str, *, shards: int) -> AsyncIterator[Upstream]:
    """A log in its schema and its topic on the broker; nothing is relayed or served yet."""
    async with open_log(database, name, shards=shards) as log:
        topic = KafkaTopic(bootstrap, name, shards, request_timeout_ms=5_000)
        await topic.start()
        try:
            yield Upstream(log, topic)
        finally:
            await topic.stop()
