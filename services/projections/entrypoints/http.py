"""The read models by HTTP. Nothing here names a person: pseudonyms only."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from pydantic import AwareDatetime

from libs.eventlog import EventLog
from libs.money import format_yuan
from libs.runtime.doors import READER
from libs.runtime.problems import Problem
from services.projections.adapters.rows import Row, plain, select
from services.projections.entrypoints.asking import NEWEST_FIRST, Limit, LookOf
from services.projections.entrypoints.one_stop import one_stop_list
from services.projections.entrypoints.participants import (
    insurers_and_regulator,
    operators,
    patients_and_providers,
)
from services.projections.use_cases.look import Look
from services.projections.use_cases.sum_up import SumUp

_HERE = Path(__file__).parent
_SUMMARY = (_HERE / "summary.sql").read_text()
# A million claims take half a minute on two cores.
_COUNTING_SECONDS = 600.0
_READINGS = """
where ($1::text is null or claim_id = $1) and ($2::text is null or reader = $2) and ($3::text is null or party = $3)
    and ($4::timestamptz is null or read_at <= $4)
order by id desc limit $5
"""
_PAGES = Environment(loader=FileSystemLoader(_HERE / "pages"), autoescape=True)
_PAGES.filters["yuan"] = format_yuan


def projections_router(log: EventLog, look_of: LookOf) -> APIRouter:
    """`/`, `/summary`, `/claims…`, and what each participant may ask."""
    router = APIRouter(tags=["read models"], dependencies=[READER])
    summing = SumUp(partial(_summary, log))
    mine = Depends(look_of)
    for participants in (patients_and_providers, insurers_and_regulator, operators, one_stop_list, readings):
        router.include_router(participants(look_of))

    @router.get("/summary")
    async def summary(look: Look = mine) -> dict[str, Any]:
        """Claims by status and by plan, and the time from discharge to settled payment, as of `counted_at`."""
        return _one(await look.seen("summary", [await summing.latest()]))

    @router.get("/", response_class=HTMLResponse)
    async def page(look: Look = mine) -> HTMLResponse:
        """The summary as a page that reloads itself."""
        summed = _one(await look.seen("summary", [await summing.latest()]))
        recent = await look.rows("claim_status", f"{NEWEST_FIRST} limit 30")
        return HTMLResponse(_PAGES.get_template("summary.html").render(summary=summed, recent=recent))

    @router.get("/claims")
    async def claims(
        status: str | None = None, limit: Limit = 100, look: Look = mine
    ) -> list[dict[str, Any]]:
        """Claims, newest first, of a status when given."""
        query = f"where $1::text is null or status = $1 {NEWEST_FIRST} limit $2"
        return await look.rows("claim_status", query, status, limit, sought={"status": status})

    @router.get("/claims/{claim_id}")
    async def claim(claim_id: str, look: Look = mine) -> dict[str, Any]:
        """One claim, all its decisions, payments and clawbacks, and its way through the services."""
        found = await select(log, "claim_status", "where claim_id = $1", claim_id)
        # The parts are read when it is seen: that a claim exists would show in how long the answer took.
        named = [one | dict.fromkeys(_PARTS) for one in found]
        shown = _one(await look.seen("claim_status", named, {"claim_id": claim_id}))
        return shown | {part: await read(log, claim_id) for part, read in _PARTS.items() if part in shown}

    return router


def readings(look_of: LookOf) -> APIRouter:
    """`/access/readings`."""
    router = APIRouter()
    mine = Depends(look_of)

    @router.get("/access/readings")
    async def read(
        claim_id: str | None = None,
        reader: str | None = None,
        party: str | None = None,
        until: AwareDatetime | None = None,
        limit: Limit = 100,
        look: Look = mine,
    ) -> list[dict[str, Any]]:
        """Who has read what, of a claim, by a reader (KIND:ID) or a party and until a moment when given; newest first.

        A party is a reader who is no person, or `patient` or `operator`.
        """
        return await look.rows(
            "access_reading",
            _READINGS,
            claim_id,
            reader,
            party,
            until,
            limit,
            sought={"claim_id": claim_id, "reader": reader, "party": party, "read_at": until},
        )

    return router


def _one(rows: list[Row]) -> Row:
    """What does not exist and what is not seen answer alike."""
    if not rows:
        raise Problem(404, "claim_unknown", "No such claim", "No claim of this id has been projected yet.")
    return rows[0]


async def _decisions(log: EventLog, claim_id: str) -> list[Row]:
    return await select(log, "claim_decision", "where claim_id = $1 order by number", claim_id)


async def _payments(log: EventLog, claim_id: str) -> list[Row]:
    return await select(log, "payment", "where claim_id = $1 order by instructed_at, payment_id", claim_id)


async def _clawbacks(log: EventLog, claim_id: str) -> list[Row]:
    return await select(
        log, "clawback_status", "where claim_id = $1 order by raised_at, clawback_id", claim_id
    )


async def _steps(log: EventLog, claim_id: str) -> list[Row]:
    way = "select recorded_at, source, type, shard, position, traceparent from step where subject = $1"
    async with log.pool.acquire() as connection:
        steps = await connection.fetch(f"{way} order by recorded_at, source, position", f"claim-{claim_id}")
    return [plain(step) for step in steps]


_PARTS: Mapping[str, Callable[[EventLog, str], Awaitable[list[Row]]]] = {
    "decisions": _decisions,
    "payments": _payments,
    "clawbacks": _clawbacks,
    "steps": _steps,
}


async def _summary(log: EventLog) -> Row:
    async with log.pool.acquire() as connection:
        counted_at = log.clock()
        counts = await connection.fetch(_SUMMARY, timeout=_COUNTING_SECONDS)
        plans = await connection.fetch(
            "select * from insurer_plan order by plan_id", timeout=_COUNTING_SECONDS
        )
    (totals,) = (plain(row) for row in counts if row["is_of_all"])
    del totals["is_of_all"], totals["status"]
    return {
        **totals,
        "by_status": {row["status"]: row["claims"] for row in counts if not row["is_of_all"]},
        "by_plan": [plain(row) for row in plans],
        "counted_at": counted_at,
    }
