"""Real processes between a real broker and a real database."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from libs.eventlog import read
from libs.eventlog.verify import stream_holes, verify_shard
from libs.testing.kafka import KafkaUnderTest
from libs.testing.waiting import PATIENCE_SECONDS
from tests.support.kernel import add_to_many, all_events, effects, open_log
from tests.support.service_process import ServiceProcess, environment_of
from tests.support.upstream import Upstream, open_upstream
from tests.support.waiting import until

SHARDS = 4


@dataclass
class Line:
    """An upstream inside the test, and a service that follows it as a process."""

    database: str
    bootstrap: str
    work: Path
    upstream: Upstream
    downstream: str
    started: list[ServiceProcess]
    appended_each: int = 0

    def process(
        self, *, instance: str | None = "a", subscribe: list[str] | None = None, **more: str
    ) -> ServiceProcess:
        """A process of the downstream service, not started yet."""
        sources = {self.upstream.log.source: self.upstream.url} | more
        environment = environment_of(
            self.database, self.bootstrap, self.work,
            sources=sources, shards=SHARDS, subscribe=subscribe or [self.upstream.log.source],
        )  # fmt: skip
        process = ServiceProcess(self.downstream, self.work, environment, instance=instance)
        self.started.append(process)
        return process

    async def append(self, claims: int = 8, each: int = 1) -> int:
        """Append the next `each` ticks to each of `claims` claims; returns how many events."""
        await add_to_many(self.upstream.log, claims, each, after=self.appended_each)
        self.appended_each += each
        return claims * each

    async def behind(self) -> int:
        """Events that the downstream has not passed yet."""
        query = "select coalesce(sum(position), 0)::int as passed from {schema}.checkpoint where source = $1"
        (row,) = await self.ask(query, self.upstream.log.source)
        return await self.upstream.head() - int(row["passed"])

    async def upstream_heads(self) -> dict[int, int]:
        """The last position of each of the upstream's shards."""
        async with self.upstream.log.pool.acquire() as connection:
            return await read.heads(connection)

    async def position(self, source: str, shard: int) -> int:
        """How far the downstream has processed a lane."""
        query = "select position from {schema}.checkpoint where source = $1 and shard = $2"
        (row,) = await self.ask(query, source, shard)
        return int(row["position"])

    async def passed_everything_of_upstream(self) -> bool:
        """Nothing of the upstream is left to process."""
        return await self.behind() == 0

    async def downstream_moved_past(self, events: int) -> bool:
        """The downstream has processed so many events."""
        return await self.upstream.head() - await self.behind() > events

    async def downstream_heads(self) -> dict[int, int]:
        """The last position of each of the downstream's shards."""
        return {row["shard"]: row["position"] for row in await self.ask("select * from {schema}.shard")}

    async def ask(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of the downstream's database; `{schema}` is its schema."""
        connection = await asyncpg.connect(self.database)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(
                query.replace("{schema}", f'"{self.downstream}"'), *arguments
            )
        finally:
            await connection.close()
        return rows

    async def caught_up(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the downstream has passed everything and published what followed."""

        async def done() -> bool:
            for process in self.started:
                if process.should_live:
                    process.assert_alive()
            return await self.behind() == 0 and await self._published()

        await until(done, seconds=seconds)

    async def _published(self) -> bool:
        behind = "select 1 from {schema}.relay join {schema}.shard using (shard) where relay.position < shard.position"
        return not await self.ask(behind)

    async def assert_as_without_faults(self) -> int:
        """Every upstream event had its effect once, in the order of its shard; both chains hold. Returns events."""
        upstream = await all_events(self.upstream.log)
        async with open_log(self.database, self.downstream, shards=SHARDS, size=2) as downstream:
            happened = await effects(downstream)
            assert sorted(happened) == [(event.shard, event.position) for event in upstream]
            for shard in range(SHARDS):
                lane = [position for of_shard, position in happened if of_shard == shard]
                assert lane == list(range(1, len(lane) + 1))
            followed = await all_events(downstream)
            assert [event.caused_by for event in followed] == [event.event_id for event in upstream]
            assert [event.body for event in followed] == [event.body for event in upstream]
            for log in (self.upstream.log, downstream):
                async with log.pool.acquire() as connection:
                    for shard in range(SHARDS):
                        await verify_shard(connection, log.source, shard)
                    assert await stream_holes(connection) == []
        return len(upstream) + len(followed)


@pytest.fixture
def close_processes() -> Iterator[list[ServiceProcess]]:
    started: list[ServiceProcess] = []
    yield started
    for process in started:
        process.close()


@pytest.fixture
async def line(
    database: str, kafka: KafkaUnderTest, tmp_path: Path, close_processes: list[ServiceProcess]
) -> AsyncIterator[Line]:
    """A line on the broker of the session; names of its own, because topics are shared."""
    unique = uuid4().hex[:8]
    async with open_upstream(database, kafka.bootstrap, f"up_{unique}", shards=SHARDS) as upstream:
        yield Line(database, kafka.bootstrap, tmp_path, upstream, f"down_{unique}", close_processes)
