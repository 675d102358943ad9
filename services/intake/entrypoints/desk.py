"""Where all ways of HTTP hand submissions in: back-pressure, the shared transaction, and the answer as a problem."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from libs.contracts.intake import RefusalReason
from libs.eventlog import is_operational
from libs.runtime.batcher import Batcher
from libs.runtime.problems import Problem
from services.intake.domain.filing import Accepted, Refused
from services.intake.domain.refusing import Refusing, is_conflict, is_syntax
from services.intake.use_cases.file_submissions import Item, Outcome
from services.intake.use_cases.preflight import Preflight
from services.intake.use_cases.prepare import Prepare

logger = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class Desk:
    """What the HTTP entrypoints share."""

    prepare: Prepare
    preflight: Preflight
    batcher: Batcher[Item, Outcome]
    waiting_limit: int

    def admit(self, count: int = 1) -> None:
        """Raises Problem 503 when `count` more would wait too long: nothing is read of them then."""
        if self.batcher.depth + count > max(self.waiting_limit, count):
            detail = "Too many submissions wait. Nothing was accepted; send it again later."
            raise unavailable("overloaded", detail)

    async def file(self, item: Item) -> Accepted:
        """Hand one in. Raises Problem: 400 syntax, 409 conflict, 422 rules, 503 when the database is away."""
        if isinstance(item, Refusing) and is_syntax(item.reasons):
            raise problem_of(item.reasons)
        try:
            outcome = await self.batcher.submit(item)
        except Exception as error:
            if not is_operational(error):
                raise
            logger.warning("submission_not_filed", error=type(error).__name__)
            detail = "The database is not available. Nothing was accepted; send it again later."
            raise unavailable("storage_unavailable", detail) from None
        if isinstance(outcome, Refused):
            raise problem_of(outcome.reasons, refusal_id=outcome.refusal_id, claim_id=outcome.claim_id)
        return outcome

    async def try_out(self, item: Item) -> Accepted | None:
        """What filing would answer, without filing: None, a replay, or the same Problem."""
        if isinstance(item, Refusing):
            raise problem_of(item.reasons)
        verdict = await self.preflight.judge(item)
        if isinstance(verdict, RefusalReason):
            raise problem_of((verdict,), claim_id=item.claim_id if is_conflict((verdict,)) else None)
        return verdict


class RefusedProblem(Problem):
    """A problem made of reasons, which each protocol writes in its own way."""

    reasons: tuple[RefusalReason, ...] = ()


def problem_of(
    reasons: Sequence[RefusalReason], *, refusal_id: str | None = None, claim_id: str | None = None
) -> RefusedProblem:
    """The refusal as a problem: 400 for what is no document, 409 for a taken name, 422 for everything else."""
    if is_syntax(reasons):
        status, code, title = 400, "malformed", "The body cannot be read"
    elif is_conflict(reasons):
        status, code, title = 409, "submission_id_taken", "The settlement id is taken"
    else:
        status, code, title = 422, "submission_invalid", "The settlement cannot become a claim"
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


def unavailable(code: str, detail: str) -> Problem:
    """503 with the time after which to try again."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Problem(503, code, "Not available now", detail, headers=headers)


def outcome_fields(accepted: Accepted) -> dict[str, str]:
    """What the sender of an accepted submission is told; the same for the first time and every replay."""
    return {
        "claim_id": accepted.claim_id,
        "status": "registered",
        "status_url": status_url(accepted.claim_id),
        "received_at": accepted.received_at.isoformat(),
    }


def status_url(claim_id: str) -> str:
    """Where the claim can be asked about."""
    return f"/claims/{claim_id}"
