"""What fraud answers: the rules in force, reviews, and a reviewer's verdict."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Stage
from libs.runtime.doors import STAFF, Asking, named_truly
from libs.runtime.problems import Problem
from services.fraud.adapters import reviews
from services.fraud.domain.commands import Command, Verdict
from services.fraud.domain.rules import RuleSet
from services.fraud.domain.state import Person
from services.fraud.errors import ReviewAlreadyConcluded, ReviewOutdated, ReviewUnknown
from services.fraud.use_cases.conclude_review import conclude_review


class Conclusion(BaseModel):
    """A reviewer's verdict. `reviewer` is a staff id, `reason_code` a code: neither is free text."""

    model_config = ConfigDict(extra="forbid")

    reviewer: str = Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")
    verdict: Verdict
    reason_code: str = Field(pattern=r"^[a-z0-9_]{1,64}$")


def fraud_router(log: EventLog, stage: Stage[Person, Command], rules: RuleSet) -> APIRouter:
    """`/rules`, `/reviews`, `/reviews/{review_id}`, `/reviews/{review_id}/conclude`."""
    router = APIRouter(tags=["fraud"], dependencies=[STAFF])

    @router.get("/rules")
    async def rules_in_force() -> dict[str, Any]:
        """The rules in force, with the digest that scores cite."""
        return {**rules.model_dump(mode="json"), "digest": rules.digest}

    @router.get("/reviews")
    async def listing(
        status: Literal["open", "concluded"] = "open",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        after: str | None = None,
    ) -> list[dict[str, Any]]:
        """Open reviews by due time, or concluded ones by time; `after` is the last review id of the page before."""
        async with log.pool.acquire() as connection:
            found = await reviews.list_reviews(connection, status, limit, after)
        return [review.as_json() for review in found]

    @router.get("/reviews/{review_id}")
    async def show(review_id: str) -> dict[str, Any]:
        """One review with the reasons of its score."""
        try:
            async with log.pool.acquire() as connection:
                return (await reviews.get_review(connection, review_id)).as_json()
        except ReviewUnknown as error:
            raise _unknown(error) from None

    @router.post("/reviews/{review_id}/conclude")
    async def conclude(review_id: str, conclusion: Conclusion, by: Asking = STAFF) -> dict[str, Any]:
        """Record a verdict. The same verdict again is answered alike; another one is refused with 409."""
        named_truly(by, conclusion.reviewer)
        try:
            review = await conclude_review(
                log, stage, review_id, conclusion.verdict, conclusion.reviewer, conclusion.reason_code
            )
        except ReviewUnknown as error:
            raise _unknown(error) from None
        except ReviewAlreadyConcluded as error:
            raise Problem(
                409, error.code, "The review is concluded", str(error), verdict=error.verdict
            ) from None
        except ReviewOutdated as error:
            raise Problem(409, error.code, "The review is outdated", str(error)) from None
        except ConcurrencyConflict as error:
            detail = (
                "Other events about the person kept arriving. Nothing was recorded; send the verdict again."
            )
            raise Problem(
                503, error.code, "The review is busy", detail, headers={"Retry-After": "1"}
            ) from None
        return review.as_json()

    return router


def _unknown(error: ReviewUnknown) -> Problem:
    return Problem(404, error.code, "No such review", str(error))
