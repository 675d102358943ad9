"""What charity answers: the programmes in force and who was referred to them, by pseudonym."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from libs.eventlog import EventLog
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from services.charity.adapters.referrals import list_referrals
from services.charity.domain.programme import Programme


def charity_router(log: EventLog, programmes: Sequence[Programme]) -> APIRouter:
    """`/programmes` and `/referrals`."""
    router = APIRouter(tags=["charity"], dependencies=[STAFF])

    @router.get("/programmes")
    async def list_programmes() -> list[dict[str, Any]]:
        """The programmes in the order they are asked, with the digest that referrals cite."""
        return [{**programme.model_dump(mode="json"), "digest": programme.digest} for programme in programmes]

    @router.get("/referrals")
    async def referrals(
        programme_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        after: Annotated[int, Query(ge=0)] = 0,
        *,
        withdrawn: bool = False,
    ) -> list[dict[str, Any]]:
        """Referrals in the order they were made; `after` is the last `number` of the page before. Amounts in fen.

        What a referral asks for is as it holds now; `withdrawn` shows those, too, that ask for nothing any more.
        """
        if programme_id is not None and programme_id not in {programme.id for programme in programmes}:
            raise Problem(
                404, "programme_unknown", "No such programme", "No programme has this id; see /programmes."
            )
        async with log.pool.acquire() as connection:
            return await list_referrals(connection, programme_id, limit, after, withdrawn=withdrawn)

    return router
