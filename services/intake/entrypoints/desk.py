"""Where all ways of HTTP hand submissions in: back-pressure, the shared transaction, and the answer as a problem."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import structlog

from libs.contracts.intake import RefusalReason
from libs.eventlog import is_operational
from libs.runtime.batcher import Batcher
from libs.runtime.problems import Problem
from services.intake.domain.admitting import hospital_of
from services.intake.domain.filing import Accepted, Refused, Withdrawing
from services.intake.domain.refusing import (
    PRECONDITION_CODE,
    UNKNOWN_CODE,
    Refusing,
    is_about_a_claim,
    is_conflict,
    is_syntax,
)
from services.intake.entrypoints.in_hand import InHand
from services.intake.use_cases.estimate import Estimate
from services.intake.use_cases.file_submissions import Item, Outcome
from services.intake.use_cases.preflight import Preflight
from services.intake.use_cases.prepare import Prepare

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 1

_CONFLICTS = {
    "submission_id_taken": "The settlement id is taken",
    "claim_withdrawn": "The settlement was cancelled",
    "revision_superseded": "The claim has a newer revision",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of something, had it been handed in."""

    outcome: Literal["would_register", "would_correct", "would_withdraw", "would_replay", "estimated"]
    accepted: Accepted | None
    estimate: dict[str, Any] | None = None


@dataclass(frozen=True)
class Desk:
    """What the HTTP entrypoints share."""

    prepare: Prepare
    preflight: Preflight
    batcher: Batcher[Item, Outcome]
    in_hand: InHand
    estimate: Estimate
    trials: asyncio.Semaphore

    async def file(self, item: Item) -> Accepted:
        """Hand one in. Raises Problem: as `file_one_of_many`, 429 when its hospital has too many in hand."""
        with self.in_hand.place(hospital_of(item)):
            return await self.file_one_of_many(item)

    async def file_one_of_many(self, item: Item) -> Accepted:
        """Hand in what has its place. Raises Problem: 400 syntax, 404, 409, 412, 422 rules, 503 without a database."""
        if isinstance(item, Refusing) and is_syntax(item.reasons):
            raise problem_of(item.reasons)
        try:
            outcome = await self.batcher.submit(item, hospital_of(item))
        except Exception as error:
            if not is_operational(error):
                raise
            logger.warning("submission_not_filed", error=type(error).__name__)
            detail = "The database is not available. Nothing was accepted; send it again later."
            raise unavailable("storage_unavailable", detail) from None
        if isinstance(outcome, Refused):
            raise problem_of(outcome.reasons, refusal_id=outcome.refusal_id, claim_id=outcome.claim_id)
        return outcome

    async def estimated(self, item: Item) -> Tried:
        """What a bill would be paid that need not have happened yet; whether its name is taken does not matter."""
        if isinstance(item, Refusing):
            raise problem_of(item.reasons)
        with self.in_hand.place(hospital_of(item)):
            return Tried("estimated", None, await self.estimate.of(item))

    async def try_out(self, item: Item) -> Tried:
        """What handing it in would answer, without doing so, and what would be paid. Raises the same Problem."""
        with self.in_hand.place(hospital_of(item)):
            tried = await self.try_one_of_many(item)
            if isinstance(item, Refusing | Withdrawing):
                return tried
            return replace(tried, estimate=await self.estimate.of(item))

    async def try_one_of_many(self, item: Item) -> Tried:
        """`try_out` of what has its place.

        Adjudication is not asked: an array of a thousand would crowd out its claims.
        """
        if isinstance(item, Refusing):
            raise problem_of(item.reasons)
        async with self.trials:
            verdict, filed = await self.preflight.judge(item)
        if isinstance(verdict, RefusalReason):
            told = filed is not None and is_about_a_claim((verdict,))
            raise problem_of((verdict,), claim_id=filed.claim_id if told and filed else None)
        if verdict.replayed:
            return Tried("would_replay", verdict)
        if isinstance(item, Withdrawing):
            return Tried("would_withdraw", verdict)
        return Tried("would_correct" if item.corrects else "would_register", verdict)


class RefusedProblem(Problem):
    """A problem made of reasons, which each protocol writes in its own way."""

    reasons: tuple[RefusalReason, ...] = ()


def problem_of(
    reasons: Sequence[RefusalReason], *, refusal_id: str | None = None, claim_id: str | None = None
) -> RefusedProblem:
    """The refusal as a problem: 400 for what is no document, 404, 409 and 412 for what meets its claim wrongly, or
    none, and 422 for everything else.
    """
    status, code, title = _kind_of(reasons)
    problem = RefusedProblem(
        status,
        code,
        title,
        f"{len(reasons)} reason(s), listed in errors.",
        errors=[
            {"pointer": reason.location, "code": reason.code, "sentence": reason.sentence}
            for reason in reasons
        ],
    )
    told = {"refusal_id": refusal_id, "claim_id": claim_id}
    problem.body |= {name: value for name, value in told.items() if value is not None}
    problem.reasons = tuple(reasons)
    return problem


def _kind_of(reasons: Sequence[RefusalReason]) -> tuple[int, str, str]:
    first = reasons[0].code
    if is_syntax(reasons):
        return 400, "malformed", "The body cannot be read"
    if is_conflict(reasons):
        return 409, first, _CONFLICTS[first]
    if first == UNKNOWN_CODE:
        return 404, first, "No such claim"
    if first == PRECONDITION_CODE:
        return 412, first, "The claim has a newer revision"
    return 422, "submission_invalid", "The settlement cannot become a claim"


def unavailable(code: str, detail: str) -> Problem:
    """503 with the time after which to try again."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Problem(503, code, "Not available now", detail, headers=headers)


def outcome_fields(accepted: Accepted) -> dict[str, Any]:
    """What the sender is told of something accepted; the same for the first time and, while nothing else happens, every
    replay.
    """
    told: dict[str, Any] = {
        "claim_id": accepted.claim_id,
        "status": accepted.status,
        "revision": accepted.revision,
        "status_url": status_url(accepted.claim_id),
        "received_at": accepted.received_at.isoformat(),
    }
    if accepted.current_revision != accepted.revision:
        told["current_revision"] = accepted.current_revision
        told["note"] = (
            f"What was sent is revision {accepted.revision}; revision {accepted.current_revision} counts and nothing"
            f' has changed. To bring the former back, correct with If-Match: "{accepted.current_revision}".'
        )
    return told


def tried_fields(tried: Tried) -> dict[str, Any]:
    """What the sender of a dry run is told: that it is valid, what would become of it, what would be paid."""
    told: dict[str, Any] = {"valid": True, "outcome": tried.outcome}
    return told if tried.estimate is None else {**told, "estimate": tried.estimate}


def outcome_headers(accepted: Accepted, traceparent: str | None) -> dict[str, str]:
    """Where the claim is, whether nothing was new, and the revision to name in If-Match."""
    headers = {
        "Location": status_url(accepted.claim_id),
        "Idempotency-Replayed": str(accepted.replayed).lower(),
        "ETag": f'"{accepted.current_revision}"',
    }
    return headers if traceparent is None else {**headers, "traceparent": traceparent}


def status_url(claim_id: str) -> str:
    """Where the claim can be asked about."""
    return f"/claims/{claim_id}"
