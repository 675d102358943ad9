"""The claim read model on PostgreSQL: any cut and order of a claim's events, each twice, gives the same row."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

import services.projections
from libs.contracts import ClaimEvent
from libs.eventlog import EventLog, Recorded
from libs.eventlog.database import open_pool
from libs.runtime.problems import install_problems
from services.projections.claims.project import project
from services.projections.entrypoints.http import projections_router
from tests.unit.projections.told_claims import (
    Story,
    a_held_payment,
    a_paid_claim,
    a_referral,
    a_rejected_payment,
    a_returned_payment,
    a_settled_payment,
    an_instructed_payment,
    logs_of,
    recorded,
)

_MIGRATIONS = Path(services.projections.__file__).parent / "migrations"
_NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    pool = await open_pool(database, "projections", size=2)
    log = EventLog(pool, "projections", 8, lambda: _NOW, uuid4)
    await log.prepare([_MIGRATIONS])
    yield log
    await pool.close()


@pytest.fixture
async def reader(log: EventLog) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(projections_router(log))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


async def hear(log: EventLog, events: Sequence[Recorded]) -> None:
    async with log.transaction() as work:
        await project(work, events)


async def hear_of_payment(log: EventLog, *events: ClaimEvent) -> None:
    await hear(log, [recorded("payout", place, event) for place, event in enumerate(events, start=1)])


async def everything(log: EventLog) -> tuple[list[Any], list[Any]]:
    claims = [tuple(row) for row in await log.pool.fetch("select * from claim order by claim_id")]
    return claims, [
        tuple(row) for row in await log.pool.fetch("select * from step order by source, position")
    ]


def in_some_order(story: Story, choice: random.Random) -> list[list[Recorded]]:
    """The story's events, sources interleaved at random, in batches of random size, each batch twice."""
    logs = logs_of(story)
    waiting = [source for source, events in logs.items() for _ in events]
    choice.shuffle(waiting)
    events = [logs[source].pop(0) for source in waiting]
    batches = []
    while events:
        size = choice.randint(1, 5)
        batches += [events[:size], events[:size]]
        events = events[size:]
    return batches


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_in_any_batches_heard_twice_gives_the_same_row(
    log: EventLog, seed: int
) -> None:
    story = a_paid_claim()
    await hear(log, [event for events in logs_of(story).values() for event in events])
    expected = await everything(log)
    await log.pool.execute("truncate claim, step")
    for batch in in_some_order(story, random.Random(seed)):
        await hear(log, batch)
    assert await everything(log) == expected
    assert len(expected[0]) == 1
    assert len(expected[1]) == sum(len(events) for events in story.values())


async def test_lists_arrive_as_lists_and_referrals_of_one_batch_once_each(log: EventLog) -> None:
    story = a_paid_claim() | {"charity": [a_referral("b"), a_referral("a"), a_referral("b")]}
    await hear(log, [event for events in logs_of(story).values() for event in events])
    row = await log.pool.fetchrow("select programmes, pend_reasons, score_reasons from claim")
    assert row is not None
    assert dict(row) == {"programmes": ["a", "b"], "pend_reasons": ["coverage_unknown"], "score_reasons": []}


async def test_a_payments_way_is_the_claims_status(log: EventLog, reader: httpx2.AsyncClient) -> None:
    way = [a_held_payment(), an_instructed_payment(), a_settled_payment(), a_returned_payment()]
    seen = []
    for length in range(1, len(way) + 1):
        await hear_of_payment(log, *way[:length])
        seen.append((await reader.get("/claims/c1")).json()["status"])
    assert seen == ["payment_held", "paying", "paid", "payment_returned"]


async def test_a_refused_payment_shows_why(log: EventLog, reader: httpx2.AsyncClient) -> None:
    await hear_of_payment(log, an_instructed_payment(), a_rejected_payment())
    claim = (await reader.get("/claims/c1")).json()
    assert (claim["status"], claim["rejection_reason"]) == ("payment_rejected", "AC04")


async def test_the_summary_of_nothing_and_of_claims_none_of_which_is_paid(
    log: EventLog, reader: httpx2.AsyncClient
) -> None:
    empty = (await reader.get("/summary")).json()
    assert (empty["claims"], empty["paid_fen"], empty["median_seconds"]) == (0, 0, None)
    story = a_paid_claim() | {"payout": [a_held_payment()]}
    await hear(log, [event for events in logs_of(story).values() for event in events])
    waiting = (await reader.get("/summary")).json()
    assert (waiting["claims"], waiting["decided"], waiting["paid"]) == (1, 1, 0)
    assert (waiting["median_seconds"], waiting["p99_seconds"]) == (None, None)
    assert (await reader.get("/")).status_code == 200


async def test_money_that_came_back_is_not_counted_as_paid(log: EventLog, reader: httpx2.AsyncClient) -> None:
    await hear(log, [event for events in logs_of(a_paid_claim()).values() for event in events])
    summary = (await reader.get("/summary")).json()
    assert (summary["paid"], summary["paid_fen"], summary["median_seconds"]) == (1, 600_00, 2.0)
    assert summary["by_plan"][0]["settled_fen"] == 600_00
    await hear(log, [recorded("payout", 4, a_returned_payment())])
    summary = (await reader.get("/summary")).json()
    assert (summary["paid"], summary["paid_fen"], summary["by_plan"][0]["settled_fen"]) == (0, 0, 0)


async def test_every_view_answers_in_plain_values(log: EventLog, reader: httpx2.AsyncClient) -> None:
    await hear(log, [event for events in logs_of(a_paid_claim()).values() for event in events])
    (claim,) = (await reader.get("/claims", params={"status": "paid"})).json()
    assert claim["bearings"] == {"plan": 600_00, "patient": 400_00}
    assert claim["discharge_to_cash"] == 2.0
    assert (await reader.get("/claims", params={"status": "pended"})).json() == []
    assert len((await reader.get(f"/people/{claim['person_id']}/claims")).json()) == 1
    assert len((await reader.get(f"/hospitals/{claim['hospital_id']}/claims")).json()) == 1
    assert [row["amount_fen"] for row in (await reader.get("/regulator")).json()] == [400_00, 600_00]
    assert (await reader.get("/charity")).json()[0]["programmes"] == ["antitumour-drugs", "cancer-fund"]
    assert (await reader.get("/claims/unheard-of")).status_code == 404
    assert (await reader.get("/")).status_code == 200
