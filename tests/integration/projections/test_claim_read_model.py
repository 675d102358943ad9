"""The claim read model on PostgreSQL: any cut and order of a claim's events, each twice, gives the same row."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

import services.projections
from libs.contracts import ClaimEvent
from libs.eventlog import EventLog, Recorded
from libs.eventlog.database import open_pool
from libs.runtime.problems import install_problems
from services.projections.claims.parts import PARTS
from services.projections.claims.project import project
from services.projections.entrypoints.asking import unlimited
from services.projections.entrypoints.http import projections_router
from tests.unit.projections.told_claims import (
    Story,
    a_held_payment,
    a_paid_claim,
    a_redecided_claim,
    a_referral,
    a_rejected_payment,
    a_returned_payment,
    a_settled_payment,
    a_withdrawn_claim,
    an_instructed_payment,
    confirmed,
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
    app.include_router(projections_router(log, unlimited(log)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


async def hear(log: EventLog, events: Sequence[Recorded]) -> None:
    async with log.transaction() as work:
        await project(work, events)


async def hear_of_payment(log: EventLog, *events: ClaimEvent) -> None:
    await hear(log, [recorded("payout", place, event) for place, event in enumerate(events, start=1)])


async def everything(log: EventLog) -> dict[str, list[str]]:
    tables = ["claim", "step", *PARTS]
    return {
        table: [row[0] for row in await log.pool.fetch(f"select t::text from {table} as t order by 1")]
        for table in tables
    }


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


@pytest.mark.parametrize("story", [a_paid_claim, a_redecided_claim, a_withdrawn_claim])
@pytest.mark.parametrize("seed", range(8))
async def test_any_interleaving_in_any_batches_heard_twice_gives_the_same_rows(
    log: EventLog, seed: int, story: Callable[[], Story]
) -> None:
    told = story()
    await hear(log, [event for events in logs_of(told).values() for event in events])
    expected = await everything(log)
    await log.pool.execute(f"truncate claim, step, {', '.join(PARTS)}")
    for batch in in_some_order(told, random.Random(seed)):
        await hear(log, batch)
    assert await everything(log) == expected
    assert len(expected["claim"]) == 1
    assert len(expected["step"]) == sum(len(events) for events in told.values())


async def test_a_redecided_claim_shows_the_standing_decision_its_history_and_what_is_owed(
    log: EventLog, reader: httpx2.AsyncClient
) -> None:
    await hear(log, [event for events in logs_of(a_redecided_claim()).values() for event in events])
    claim = (await reader.get("/claims/c1")).json()
    assert (claim["status"], claim["number"], claim["plan_pays_fen"]) == ("paid", 2, 200_00)
    assert (claim["settled_fen"], claim["claimed_back_fen"], claim["owing_fen"]) == (600_00, 400_00, 0)
    assert (claim["bill_fen"], claim["pending"], claim["programmes"]) == (150_000_00, False, None)
    first, second = claim["decisions"]
    assert (first["stands"], first["reversal_reason"], first["replaced_by"]) == (
        False,
        "claim_corrected",
        "d2",
    )
    assert (first["without_records"], first["trued_up"]) == (True, True)
    assert (second["stands"], second["supersedes"]) == (True, "d1")
    (clawback,) = claim["clawbacks"]
    assert (clawback["repaid_fen"], clawback["written_off_fen"], clawback["open_fen"]) == (150_00, 250_00, 0)
    (mine,) = (await reader.get(f"/people/{claim['person_id']}/claims")).json()
    assert mine["redecided_because"] == "claim_corrected"
    assert len((await reader.get(f"/people/{claim['person_id']}/clawbacks")).json()) == 1
    assert (await reader.get(f"/people/{claim['person_id']}/owed")).json() == []
    assert (await reader.get("/operator/clawbacks")).json() == []


async def test_each_insurer_sees_its_own_part_of_every_decision_and_the_sum_recomputed(
    log: EventLog, reader: httpx2.AsyncClient
) -> None:
    await hear(log, [event for events in logs_of(a_redecided_claim()).values() for event in events])
    lines = (await reader.get("/insurers/picc/shares")).json()
    assert [(line["number"], line["share_fen"], line["bears_fen"]) for line in lines] == [
        (1, 360_00, 0),
        (2, 120_00, 120_00),
    ]
    (page,) = (await reader.get("/insurers/picc/shares", params={"after": "d1"})).json()
    assert page["decision_id"] == "d2"
    (total,) = (await reader.get("/insurers/bearing", params={"insurer": "picc"})).json()
    assert (total["awarded_fen"], total["reversed_fen"], total["bears_fen"]) == (480_00, 360_00, 120_00)
    assert sum(line["bears_fen"] for line in lines) == total["bears_fen"]
    assert (await reader.get("/insurers/picc/shares", params={"plan_id": "another"})).json() == []


async def test_a_withdrawn_claim_is_nobodys_decision_and_what_was_paid_is_owed(
    log: EventLog, reader: httpx2.AsyncClient
) -> None:
    await hear(log, [event for events in logs_of(a_withdrawn_claim()).values() for event in events])
    claim = (await reader.get("/claims/c1")).json()
    assert (claim["status"], claim["decision"], claim["plan_pays_fen"]) == ("withdrawn", "withdrawn", 0)
    assert (claim["withdrawal_reason"], claim["owing_fen"]) == ("settlement_cancelled", 600_00)
    assert [payment["cancel_reason"] for payment in claim["payments"]] == [None, "less_is_due"]
    assert (await reader.get("/regulator")).json() == []
    assert [row["open_fen"] for row in (await reader.get("/operator/clawbacks")).json()] == [600_00]
    assert (await reader.get("/operator")).json() == []
    summary = (await reader.get("/summary")).json()
    assert (summary["decided"], summary["owing_fen"], summary["by_status"]) == (0, 600_00, {"withdrawn": 1})


async def test_a_decided_claim_that_waits_again_keeps_its_decision_and_shows_why(
    log: EventLog, reader: httpx2.AsyncClient
) -> None:
    story = a_redecided_claim()
    waits = story | {"adjudication": [story["adjudication"][0], story["adjudication"][2]], "payout": []}
    await hear(log, [event for events in logs_of(waits).values() for event in events])
    (row,) = (await reader.get("/operator/pended-decided")).json()
    assert (row["number"], row["pend_reasons"], row["plan_pays_fen"]) == (1, ["score_missing"], 600_00)
    (unseen,) = (await reader.get("/operator/without-records")).json()
    assert unseen["decision_id"] == "d1"
    await hear(log, [recorded("adjudication", 3, confirmed("d1"))])
    assert (await reader.get("/operator/pended-decided")).json() == []
    assert (await reader.get("/operator/without-records")).json() == []


async def test_lists_arrive_as_lists_and_referrals_of_one_batch_once_each(log: EventLog) -> None:
    story = a_paid_claim() | {"charity": [a_referral("b"), a_referral("a"), a_referral("b")]}
    await hear(log, [event for events in logs_of(story).values() for event in events])
    row = await log.pool.fetchrow("select pend_reasons, score_reasons from claim")
    assert row is not None
    assert dict(row) == {"pend_reasons": ["coverage_unknown"], "score_reasons": []}
    assert await log.pool.fetchval("select programmes from claim_status") == ["a", "b"]


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
