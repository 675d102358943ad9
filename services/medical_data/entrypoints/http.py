"""What medical data answers: how many claims wait for the bureau, and why."""

from typing import Any

from fastapi import APIRouter

from libs.eventlog import EventLog
from libs.runtime.doors import STAFF
from services.medical_data.adapters import lookups


def medical_data_router(log: EventLog) -> APIRouter:
    """`/lookups`."""
    router = APIRouter(tags=["medical_data"], dependencies=[STAFF])

    @router.get("/lookups")
    async def waiting() -> dict[str, Any]:
        """Counts of look-ups that wait within their budget or are late, by the last failure."""
        async with log.pool.acquire() as connection:
            return await lookups.summary(connection)

    return router
