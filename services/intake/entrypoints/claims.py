"""What intake itself knows of a claim or a refusal. How a claim is decided and paid, the read models tell."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from libs.contracts.intake import SubmissionRefused
from libs.eventlog import EventLog
from libs.eventlog.read import read_streams
from libs.runtime.callers import Caller
from libs.runtime.doors import LookingDoor
from libs.runtime.problems import Problem
from services.intake.adapters.submissions import find_claim
from services.intake.domain.filing import Filed
from services.intake.entrypoints.desk import status_url, unavailable
from services.intake.entrypoints.proving import name_of, sees
from services.intake.use_cases.estimate import AdjudicationRefused, AdjudicationSilent, DryRuns


async def claim_of(log: EventLog, claim_id: str, caller: Caller | None) -> Filed:
    """What is filed under a claim id. Raises Problem 404, also for what is no id, or is another hospital's."""
    wanted = _id(claim_id)
    if wanted is not None:
        async with log.pool.acquire() as connection:
            filed = await find_claim(connection, wanted)
        if filed is not None and sees(caller, filed.hospital_id):
            return filed
    raise Problem(404, "claim_unknown", "No such claim", "No submission became a claim of this id.")


async def refusal_of(log: EventLog, refusal_id: str, caller: Caller | None) -> SubmissionRefused:
    """A recorded refusal. Raises Problem 404, also for what is no id, or is another hospital's."""
    wanted = _id(refusal_id)
    if wanted is not None:
        async with log.pool.acquire() as connection:
            recorded = await read_streams(connection, log.source, [f"refusal-{wanted}"])
        if recorded:
            event = recorded[0].decode()
            assert isinstance(event, SubmissionRefused), f"a refusal's stream begins with {recorded[0].type}"
            if sees(caller, event.hospital_id, event.filed_by):
                return event
    raise Problem(404, "refusal_unknown", "No such refusal", "Nothing was refused under this id.")


class EstimateMade(BaseModel):
    """What a dry run answered: the whole answer, or its `estimate`."""

    model_config = ConfigDict(extra="ignore")

    estimate: dict[str, Any] | None = None
    rests_on: dict[str, Any] | None = None
    outcome: dict[str, Any] | str | None = None

    def made(self) -> dict[str, Any]:
        """What adjudication compares with."""
        told = self.estimate if self.estimate is not None else self.model_dump()
        return {"rests_on": told.get("rests_on"), "outcome": told.get("outcome")}


def claims_router(log: EventLog, dry_runs: DryRuns | None, door: LookingDoor) -> APIRouter:
    """`GET /claims/{claim_id}` with `/comparison`, and `GET /refusals/{refusal_id}`."""
    router = APIRouter(tags=["claims"])
    looks = Depends(door)

    @router.get("/claims/{claim_id}")
    async def claim(claim_id: str, response: Response, caller: Caller | None = looks) -> dict[str, Any]:
        """Registered, corrected or withdrawn; all revisions, when and by which way they came. No content."""
        filed = await claim_of(log, claim_id, caller)
        response.headers["ETag"] = f'"{filed.current.number}"'
        return _claim_fields(filed)

    @router.post("/claims/{claim_id}/comparison")
    async def compare(claim_id: str, made: EstimateMade, caller: Caller | None = looks) -> dict[str, Any]:
        """Whether the claim's decision stands on the facts of an earlier dry run, and otherwise which have changed."""
        filed = await claim_of(log, claim_id, caller)
        if dry_runs is None:
            raise unavailable("adjudication_not_connected", "This deployment does not say who adjudicates.")
        try:
            return await dry_runs.compare(filed.person_id, filed.claim_id, made.made(), name_of(caller))
        except AdjudicationSilent as error:
            raise unavailable(error.code, "Adjudication does not answer now; ask again later.") from None
        except AdjudicationRefused as refusal:
            raise Problem(refusal.status, refusal.reason, "No comparison", refusal.detail) from None

    @router.get("/refusals/{refusal_id}")
    async def refusal(refusal_id: str, caller: Caller | None = looks) -> dict[str, Any]:
        """Why something was refused: what its sender was answered. The original stays sealed."""
        refused = await refusal_of(log, refusal_id, caller)
        return {
            "refusal_id": refused.refusal_id,
            "hospital_id": refused.hospital_id,
            "submission_id": refused.submission_id,
            "channel": refused.channel,
            "received_at": refused.received_at.isoformat(),
            "errors": [
                {"pointer": reason.location, "code": reason.code, "sentence": reason.sentence}
                for reason in refused.reasons
            ],
        }

    return router


def _claim_fields(filed: Filed) -> dict[str, Any]:
    first = filed.revisions[0]
    told: dict[str, Any] = {
        "claim_id": filed.claim_id,
        "status": filed.status,
        "revision": filed.current.number,
        "status_url": status_url(filed.claim_id),
        "hospital_id": filed.hospital_id,
        "submission_id": filed.submission_id,
        "channel": first.channel,
        "received_at": first.received_at.isoformat(),
        "revisions": [
            {"revision": one.number, "channel": one.channel, "received_at": one.received_at.isoformat()}
            for one in filed.revisions
        ],
    }
    end = filed.withdrawal
    if end is not None:
        told["withdrawn"] = {
            "reason": end.reason,
            "channel": end.channel,
            "received_at": end.received_at.isoformat(),
        }
    return told


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
