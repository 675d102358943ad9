"""A claim's decision receipts by HTTP: each decision recomputed now, with the plan and the case as their bytes."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter

from libs.benefits import Case
from libs.contracts.adjudication import ClaimAdjudicated
from libs.eventlog import EventLog, Recorded, read
from libs.runtime.doors import STAFF
from libs.runtime.problems import Problem
from services.adjudication.adapters import plan_archive
from services.adjudication.domain.plan_archive import plans_by_digest
from services.adjudication.domain.recomputing import PersonReplay, Receipt
from services.adjudication.domain.state import initial


def receipts_router(log: EventLog) -> APIRouter:
    """`/people/{person_id}/claims/{claim_id}/receipts`."""
    router = APIRouter(tags=["adjudication"], dependencies=[STAFF])

    @router.get("/people/{person_id}/claims/{claim_id}/receipts")
    async def receipts(person_id: str, claim_id: str) -> list[dict[str, Any]]:
        """The receipts of every decision of the claim, in order. `plan` and `case` are the texts that were digested."""
        stream_id = f"person-{person_id}"
        async with log.pool.acquire() as connection:
            recorded = await read.read_streams(connection, log.source, [stream_id])
            events = [event.decode() for event in recorded]
            cited = {event.plan_digest for event in events if isinstance(event, ClaimAdjudicated)}
            archived = await plan_archive.archived_plans(connection, cited)
        # What is deployed is archived, too: the archive alone answers for what was decided by.
        replay = PersonReplay(initial(stream_id), plans_by_digest([], archived).plans)
        found = [(at, replay.take(event)) for at, event in zip(recorded, events, strict=True)]
        of_claim = [
            as_json(at, receipt, archived)
            for at, receipt in found
            if receipt is not None and receipt.decision.claim_id == claim_id
        ]
        if not of_claim:
            raise Problem(
                404, "not_decided", "No decision", "The claim has no decision yet, or is another's."
            )
        return of_claim

    return router


def canonical_case(case: Case) -> str:
    """The case as the text that `inputs_digest` is of, behind the plan's digest and a line feed."""
    return orjson.dumps(case.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()


def as_json(event: Recorded, receipt: Receipt, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """A receipt as plain JSON values. `contents`: the plans' canonical texts by digest, as they were archived.

    The case is given when it is the one that was decided on, which another program may not be able to say.
    """
    decision = receipt.decision
    cited = contents.get(decision.plan_digest) if isinstance(decision, ClaimAdjudicated) else None
    same_case = "inputs_digest" not in receipt.fields
    return {
        "place": f"{event.source}/{event.shard}/{event.position}",
        "decision_id": decision.decision_id,
        "number": decision.number,
        "verdict": receipt.verdict,
        "differs_in": list(receipt.fields),
        "recomputed_digest": receipt.digest if receipt.verdict == "equal" else None,
        "plan": cited.decode() if cited is not None else None,
        "case": canonical_case(receipt.case) if receipt.case is not None and same_case else None,
    }
