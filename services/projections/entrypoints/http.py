"""The read models by HTTP. Nothing here names a person: pseudonyms only."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from libs.eventlog import EventLog
from libs.money import format_yuan
from libs.runtime.problems import Problem

if TYPE_CHECKING:
    from libs.eventlog.database import Row

_HERE = Path(__file__).parent
_SUMMARY = (_HERE / "summary.sql").read_text()
_PAGES = Environment(loader=FileSystemLoader(_HERE / "pages"), autoescape=True)
_PAGES.filters["yuan"] = format_yuan
# What is known of a claim before intake was heard has no time yet.
_NEWEST_FIRST = "order by received_at desc nulls last"

Limit = Annotated[int, Query(ge=1, le=1_000)]


def projections_router(log: EventLog) -> APIRouter:  # noqa: C901 - one small function per resource
    """`/`, `/summary`, `/claims…`, `/hospitals/{id}/claims`, `/people/{id}/claims`, `/insurers`, `/regulator`."""
    router = APIRouter(tags=["read models"])

    async def rows(query: str, *arguments: object) -> list[dict[str, Any]]:
        async with log.pool.acquire() as connection:
            return [_plain(row) for row in await connection.fetch(query, *arguments)]

    @router.get("/summary")
    async def summary() -> dict[str, Any]:
        """Claims by status and by plan, and the time from discharge to settled payment."""
        return await _summary(log)

    @router.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        """The summary as a page that reloads itself."""
        recent = await rows(f"select * from claim_status {_NEWEST_FIRST} limit 30")
        return HTMLResponse(
            _PAGES.get_template("summary.html").render(summary=await _summary(log), recent=recent)
        )

    @router.get("/claims")
    async def claims(status: str | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        """Claims, newest first, of a status when given."""
        query = "select * from claim_status where $1::text is null or status = $1"
        return await rows(f"{query} {_NEWEST_FIRST} limit $2", status, limit)

    @router.get("/claims/{claim_id}")
    async def claim(claim_id: str) -> dict[str, Any]:
        """One claim and its way through the services."""
        found = await rows("select * from claim_status where claim_id = $1", claim_id)
        if not found:
            raise Problem(
                404, "claim_unknown", "No such claim", "No claim of this id has been projected yet."
            )
        way = "select recorded_at, source, type, shard, position, traceparent from step where subject = $1"
        return found[0] | {
            "steps": await rows(f"{way} order by recorded_at, source, position", f"claim-{claim_id}")
        }

    @router.get("/hospitals/{hospital_id}/claims")
    async def hospital(hospital_id: str, limit: Limit = 100) -> list[dict[str, Any]]:
        """A hospital's claims, newest first."""
        query = f"select * from hospital_claim where hospital_id = $1 {_NEWEST_FIRST} limit $2"
        return await rows(query, hospital_id, limit)

    @router.get("/people/{person_id}/claims")
    async def patient(person_id: str, limit: Limit = 100) -> list[dict[str, Any]]:
        """A person's claims, newest first."""
        query = f"select * from patient_claim where person_id = $1 {_NEWEST_FIRST} limit $2"
        return await rows(query, person_id, limit)

    @router.get("/insurers")
    async def insurers() -> list[dict[str, Any]]:
        """Per plan: claims, decisions, money."""
        return await rows("select * from insurer_plan order by plan_id")

    @router.get("/charity")
    async def charity(limit: Limit = 100) -> list[dict[str, Any]]:
        """Referred claims, newest first."""
        return await rows("select * from charity_referral order by referred_at desc limit $1", limit)

    @router.get("/people/{person_id}/owed")
    async def owed(person_id: str) -> list[dict[str, Any]]:
        """What a person is still to get, since when, and why not yet."""
        return await rows("select * from patient_owed where person_id = $1 order by since", person_id)

    @router.get("/hospitals")
    async def hospitals(limit: Limit = 1_000) -> list[dict[str, Any]]:
        """Per hospital: claims, decisions, money, median time to a decision."""
        return await rows("select * from hospital_summary order by hospital_id limit $1", limit)

    @router.get("/insurers/bearing")
    async def bearing() -> list[dict[str, Any]]:
        """What each insurer of each plan's pool bears."""
        return await rows("select * from insurer_bearing order by plan_id, insurer")

    @router.get("/regulator/decisions")
    async def decisions(limit: Limit = 366) -> list[dict[str, Any]]:
        """Decisions per plan and day: how many, how many without a person, how fast; newest first."""
        return await rows("select * from regulator_decision order by day desc, plan_id limit $1", limit)

    @router.get("/operator/waiting")
    async def waiting() -> list[dict[str, Any]]:
        """What waits for a decision, by why, the longest wait first."""
        return await rows("select * from operator_waiting order by oldest_received_at")

    @router.get("/operator")
    async def operator(limit: Limit = 100) -> list[dict[str, Any]]:
        """Claims without a decision, the oldest first."""
        return await rows("select * from operator_open_claim order by received_at limit $1", limit)

    @router.get("/regulator")
    async def regulator() -> list[dict[str, Any]]:
        """Who bears what, per plan."""
        return await rows("select * from regulator_bearing order by plan_id, bearer")

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
        **_plain(totals),
        "by_status": {row["status"]: row["claims"] for row in statuses},
        "by_plan": [_plain(row) for row in plans],
    }


def _plain(row: "Row") -> dict[str, Any]:
    return {name: _plain_value(name, value) for name, value in row.items()}


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    # The driver hands jsonb over as text.
    return orjson.loads(value) if name in ("bearings", "pool_shares") and value is not None else value
