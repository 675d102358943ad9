"""A log publishes its roots on PostgreSQL, proves its events by HTTP, and takes nothing back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from libs.eventlog.errors import RootsRewritten, SigningKeyUnusable
from libs.eventlog.event import Append
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import root_from_proof
from libs.eventlog.publishing import close_days, roots_of
from libs.eventlog.root_signing import create_signing_key, is_signed, journal_of, open_signer
from libs.eventlog.serve import HttpSource, log_router, roots_router
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
    app.include_router(roots_router(log))
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
    app.include_router(roots_router(log))
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


async def test_a_root_is_signed_and_extends_what_was_signed_before_a_restart(
    log: EventLog, clock: Clock, tmp_path: Path
) -> None:
    key_file = tmp_path / "intake.pem"
    public_key = create_signing_key(key_file)
    for day in range(2):
        await register(log, f"a{day}", f"b{day}", f"c{day}")
        clock.now += timedelta(days=1)
        signer = open_signer(key_file)
        closed = await close_days(log, signer=signer)
        assert closed and all(is_signed(root) and root.key == public_key for root in closed)
    async with log.pool.acquire() as connection:
        published = await roots_of(connection, "intake")
    journal = [root_of_json(orjson.loads(line)) for line in journal_of(key_file).read_bytes().splitlines()]
    assert sorted(journal, key=lambda root: (root.shard, root.number)) == published


async def test_a_history_that_was_rewritten_with_all_its_roots_is_not_signed_again(
    log: EventLog, clock: Clock, tmp_path: Path
) -> None:
    """Who holds the database may switch its triggers off; the service's memory is not in the database."""
    create_signing_key(tmp_path / "intake.pem")
    await register(log, "a")
    await close_days(log, through_now=True, signer=open_signer(tmp_path / "intake.pem"))
    await log.pool.execute("alter table root disable trigger all; delete from root")
    await register(log, "b", "c", "d")
    signer = open_signer(tmp_path / "intake.pem")
    with pytest.raises(RootsRewritten, match="root 1 of intake"):
        await close_days(log, through_now=True, signer=signer)
    app = FastAPI()
    app.include_router(roots_router(log, signer))
    app.include_router(log_router(log))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        assert (await client.post("/log/roots")).status_code == 409
        assert (await client.get("/log/keys")).json() == [signer.public_key.hex()]


def test_a_line_that_a_crash_cut_off_is_forgotten_and_a_foreign_key_refused(tmp_path: Path) -> None:
    create_signing_key(tmp_path / "a.pem")
    (tmp_path / "a.signed.jsonl").write_bytes(b'{"source": "int')
    assert open_signer(tmp_path / "a.pem").last_signed(0) is None
    assert (tmp_path / "a.signed.jsonl").read_bytes() == b""
    (tmp_path / "a.signed.jsonl").write_bytes(b"{}\n")
    (tmp_path / "b.pem").write_text("no key")
    for file in ("a.pem", "b.pem", "c.pem"):
        with pytest.raises(SigningKeyUnusable):
            open_signer(tmp_path / file)


def _lines(response: httpx2.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in response.raise_for_status().content.splitlines()]
