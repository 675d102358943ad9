"""Which generation of each read model is live, by HTTP."""

from typing import Any

from fastapi import APIRouter

from libs.eventlog import EventLog
from libs.runtime.doors import STAFF
from services.projections.read_model import READ_MODELS
from services.projections.use_cases.keep_generations import described


def generations_router(log: EventLog) -> APIRouter:
    """`GET /read-models`."""
    router = APIRouter(tags=["read models"], dependencies=[STAFF])

    @router.get("/read-models")
    async def read_models() -> list[dict[str, Any]]:
        """Every generation; the live one that is not `current` should be built anew."""
        async with log.pool.acquire() as connection:
            return [row for model in READ_MODELS.values() for row in await described(connection, model)]

    return router
