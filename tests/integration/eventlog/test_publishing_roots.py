"""A log publishes its roots on PostgreSQL, proves its events by HTTP, and takes nothing back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import orjson
import pytest
from fastapi import FastAPI

from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.day_roots import chained, root_of_json
from libs.eventlog.event import Append
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import root_from_proof
from libs.eventlog.publishing import close_days
from libs.eventlog.serve import HttpSource, log_router
from libs.testing.heard_events import a_claim_registered

SHARDS = 2


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def log(database: str, clock: Clock) -> AsyncIterator[EventLog]:
    pool = await open_pool(database, "intake", size=3)
    log = EventLog(pool, "intake", SHARDS, clock, uuid4)
    await log.prepare()
    yield log
    await pool.close()


async def register(log: EventLog, *claim_ids: str) -> None:
    async with log.transaction() as work:
        for claim_id in claim_ids:
            work.append(Append(f"claim-{claim_id}", 0, [a_claim_registered(claim_id)]))


async def test_a_day_is_closed_once_it_is_over(log: EventLog, clock: Clock) -> None:
    await register(log, "a", "b", "c")
    assert await close_days(log) == []
    clock.now += timedelta(days=1)
    await register(log, "d")
    (root,) = await close_days(log)
    assert (root.size, root.chain) == (3, chained(root, GENESIS))
    assert await close_days(log) == []
    clock.now += timedelta(days=1)
    (following,) = await close_days(log)
    assert (following.number, following.chain) == (2, chained(following, root.chain))


async def test_every_event_is_proved_by_http_once_its_part_of_the_day_is_closed(log: EventLog) -> None:
    await register(log, *"abcdefg")
    app = FastAPI()
    app.include_router(log_router(log))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        (shard, head) = next((s, p) for s, p in (await client.get("/log/heads")).json().items() if p)
        assert (await client.get(f"/log/{shard}/proofs/1")).status_code == 404
        closed = [root_of_json(line) for line in _lines(await client.post("/log/roots"))]
        assert [root.last_position for root in closed] == [head]
        assert _lines(await client.post("/log/roots")) == []
        assert _lines(await client.get("/log/roots")) == [root.as_json() for root in closed]
        events = await HttpSource("intake", "http://test", client).read(int(shard), 0, 100)
        previous = GENESIS
        for event in events:
            proof = (await client.get(f"/log/{shard}/proofs/{event.position}")).json()
            root = root_of_json(proof["root"])
            path = [bytes.fromhex(beside) for beside in proof["path"]]
            assert root_from_proof(event.hash, proof["index"], root.size, path) == root.root
            assert bytes.fromhex(proof["previous_hash"]) == previous
            previous = event.hash


async def test_the_events_of_a_subject_are_served_alone(log: EventLog) -> None:
    await register(log, "a", "b")
    app = FastAPI()
    app.include_router(log_router(log))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        found = [
            event for shard in range(SHARDS)
            for event in _lines(await client.get(f"/log/{shard}/subjects/claim-b"))
        ]  # fmt: skip
    assert [event["subject"] for event in found] == ["claim-b"]


async def test_what_was_published_cannot_be_changed(log: EventLog) -> None:
    await register(log, "a")
    await close_days(log, through_now=True)
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await log.pool.execute("delete from root")


async def test_two_processes_that_close_at_once_publish_one_root(log: EventLog) -> None:
    await register(log, "a", "b")
    closed = await asyncio.gather(*(close_days(log, through_now=True) for _ in range(3)))
    assert sorted(map(len, closed)) == [0, 0, 1]


def _lines(response: httpx2.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in response.raise_for_status().content.splitlines()]
