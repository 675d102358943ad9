"""What intake itself knows of a claim. How it is decided and paid, the read models tell."""

from uuid import UUID

from fastapi import APIRouter

from libs.eventlog import EventLog
from libs.runtime.problems import Problem
from services.intake.adapters.submissions import ClaimRow, find_claim
from services.intake.entrypoints.desk import status_url


async def claim_of(log: EventLog, claim_id: str) -> ClaimRow:
    """The submission behind a claim id. Raises Problem 404, also for what is no id."""
    try:
        wanted = UUID(claim_id)
    except ValueError:
        wanted = None
    if wanted is not None:
        async with log.pool.acquire() as connection:
            row = await find_claim(connection, wanted)
        if row is not None:
            return row
    raise Problem(404, "claim_unknown", "No such claim", "No submission became a claim of this id.")


def claims_router(log: EventLog) -> APIRouter:
    """`GET /claims/{claim_id}`."""
    router = APIRouter(tags=["claims"])

    @router.get("/claims/{claim_id}")
    async def claim(claim_id: str) -> dict[str, str]:
        """When and how the claim was registered."""
        row = await claim_of(log, claim_id)
        return {
            "claim_id": row.claim_id,
            "status": "registered",
            "status_url": status_url(row.claim_id),
            "hospital_id": row.hospital_id,
            "submission_id": row.submission_id,
            "channel": row.channel,
            "received_at": row.received_at.isoformat(),
        }

    return router
