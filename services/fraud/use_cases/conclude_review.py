"""A reviewer's verdict is recorded once; adjudication takes it from there."""

from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Instruction, Stage
from services.fraud.adapters import reviews
from services.fraud.adapters.reviews import Review
from services.fraud.domain.commands import Command, ConcludeReview, Verdict
from services.fraud.domain.state import Person
from services.fraud.errors import ReviewAlreadyConcluded

# A conflict means that the person's stream moved on meanwhile, which takes an incoming claim: rare, never lasting.
ATTEMPTS = 5


async def conclude_review(
    log: EventLog,
    stage: Stage[Person, Command],
    review_id: str,
    verdict: Verdict,
    reviewer: str,
    reason_code: str,
) -> Review:
    """Record the verdict; the same one again changes nothing. Any process of the service may be asked.

    Raises ReviewUnknown, ReviewAlreadyConcluded, ReviewOutdated, or ConcurrencyConflict when the stream would not hold
    still.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _conclude(log, stage, review_id, verdict, reviewer, reason_code)
        except ConcurrencyConflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _conclude(
    log: EventLog,
    stage: Stage[Person, Command],
    review_id: str,
    verdict: Verdict,
    reviewer: str,
    reason_code: str,
) -> Review:
    async with log.transaction() as work:
        review = await reviews.get_review(work.connection, review_id)
        if review.verdict is not None:
            if review.verdict != verdict:
                raise ReviewAlreadyConcluded(review_id, review.verdict)
            return review
        command = ConcludeReview(review_id, review.claim_id, verdict, reviewer, reason_code, work.now)
        decided = await stage.apply(work, [Instruction(f"person-{review.person_id}", command)])
        await reviews.follow(work.connection, decided[0], work.now)
        return await reviews.get_review(work.connection, review_id)
