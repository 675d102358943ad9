"""The read models by HTTP. Nothing here names a person: pseudonyms only."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from libs.eventlog import EventLog
from libs.money import format_yuan
from libs.runtime.problems import Problem
from services.projections.entrypoints.asking import NEWEST_FIRST, Limit, asking, plain
from services.projections.entrypoints.one_stop import one_stop_list
from services.projections.entrypoints.participants import (
    insurers_and_regulator,
    operators,
    patients_and_providers,
)

_HERE = Path(__file__).parent
_SUMMARY = (_HERE / "summary.sql").read_text()
_PAGES = Environment(loader=FileSystemLoader(_HERE / "pages"), autoescape=True)
_PAGES.filters["yuan"] = format_yuan


def projections_router(log: EventLog) -> APIRouter:
    """`/`, `/summary`, `/claims…`, and what each participant may ask."""
    router = APIRouter(tags=["read models"])
    rows = asking(log)
    for participants in (patients_and_providers, insurers_and_regulator, operators, one_stop_list):
        router.include_router(participants(rows))

    @router.get("/summary")
    async def summary() -> dict[str, Any]:
        """Claims by status and by plan, and the time from discharge to settled payment."""
        return await _summary(log)

    @router.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        """The summary as a page that reloads itself."""
        recent = await rows(f"select * from claim_status {NEWEST_FIRST} limit 30")
        return HTMLResponse(
            _PAGES.get_template("summary.html").render(summary=await _summary(log), recent=recent)
        )

    @router.get("/claims")
    async def claims(status: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        """Claims, newest first, of a status when given."""
        query = "select * from claim_status where $1::text is null or status = $1"
        return await rows(f"{query} {NEWEST_FIRST} limit $2", status, limit)

    @router.get("/claims/{claim_id}")
    async def claim(claim_id: str) -> dict[str, Any]:
        """One claim, all its decisions, payments and clawbacks, and its way through the services."""
        found = await rows("select * from claim_status where claim_id = $1", claim_id)
        if not found:
            raise Problem(
                404, "claim_unknown", "No such claim", "No claim of this id has been projected yet."
            )
        way = "select recorded_at, source, type, shard, position, traceparent from step where subject = $1"
        parts = {
            "decisions": "select * from claim_decision where claim_id = $1 order by number",
            "payments": "select * from payment where claim_id = $1 order by instructed_at, payment_id",
            "clawbacks": "select * from clawback_status where claim_id = $1 order by raised_at, clawback_id",
        }
        steps = await rows(f"{way} order by recorded_at, source, position", f"claim-{claim_id}")
        return found[0] | {
            **{name: await rows(query, claim_id) for name, query in parts.items()},
            "steps": steps,
        }

    return router


async def _summary(log: EventLog) -> dict[str, Any]:
    async with log.pool.acquire() as connection:
        totals = await connection.fetchrow(_SUMMARY)
        statuses = await connection.fetch(
            "select status, count(*) as claims from claim_status group by status"
        )
        plans = await connection.fetch("select * from insurer_plan order by plan_id")
    assert totals is not None, "an aggregate always has a row"
    return {
        **plain(totals),
        "by_status": {row["status"]: row["claims"] for row in statuses},
        "by_plan": [plain(row) for row in plans],
    }
