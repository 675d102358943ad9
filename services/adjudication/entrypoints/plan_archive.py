"""The archive of plans by HTTP: whoever checks a receipt fetches the plan that it cites."""

from fastapi import APIRouter
from fastapi.responses import Response

from libs.eventlog import EventLog
from libs.runtime.doors import INSIDE
from libs.runtime.problems import Problem
from services.adjudication.adapters import plan_archive
from services.adjudication.entrypoints.receipts import receipts_router


def plan_archive_router(log: EventLog) -> APIRouter:
    """`/plans/archive`, `/plans/archive/{digest}`, and the receipts that are recomputed with them."""
    router = APIRouter(tags=["adjudication"], dependencies=[INSIDE])
    router.include_router(receipts_router(log))

    @router.get("/plans/archive")
    async def kept() -> list[dict[str, object]]:
        """Every plan that decisions here may cite, with its digest and since when it is kept."""
        async with log.pool.acquire() as connection:
            return await plan_archive.archived_digests(connection)

    @router.get("/plans/archive/{digest}", response_class=Response)
    async def content(digest: str) -> Response:
        """A plan's canonical JSON: its SHA-256 is the digest."""
        async with log.pool.acquire() as connection:
            found = await plan_archive.archived_plan(connection, digest)
        if found is None:
            raise Problem(404, "plan_unknown", "No such plan", "No plan of this digest was in force here.")
        return Response(found, media_type="application/json")

    return router
