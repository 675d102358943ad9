"""The reviews as a table that follows the log in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from libs.contracts import Event
from libs.contracts.fraud import (
    ClaimFactsNoted,
    ClaimFactsWithdrawn,
    ClaimScored,
    ReviewConcluded,
    ReviewOpened,
)
from services.fraud.errors import ReviewUnknown

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

Key = tuple[str, int]
"""A claim and its revision."""

# Above every revision: none of a withdrawn claim is to be looked at.
_NONE_STANDS = 2**31 - 1

_SCORE_AGAIN = """
update review
set score = new.score, reasons = new.reasons::jsonb, dropped_at = case when new.clear then $6::timestamptz end
from unnest($1::text[], $2::integer[], $3::integer[], $4::text[], $5::boolean[])
    as new (claim_id, revision, score, reasons, clear)
where review.claim_id = new.claim_id and review.revision = new.revision and review.verdict is null
"""

_DROP_OLDER = """
update review
set dropped_at = $3
from unnest($1::text[], $2::integer[]) as newest (claim_id, revision)
where review.claim_id = newest.claim_id
  and review.revision < newest.revision
  and review.verdict is null
  and review.dropped_at is null
"""

_LIST = (Path(__file__).parent / "list_reviews.sql").read_text()


@dataclass(frozen=True, slots=True)
class Review:
    """A review as reviewers see it: a pseudonym, a score and its reasons; who the person is, nobody needs here."""

    review_id: str
    claim_id: str
    revision: int
    person_id: str
    score: int
    reasons: list[dict[str, Any]]
    opened_at: datetime
    due_at: datetime
    verdict: str | None
    reviewer: str | None
    reason_code: str | None
    concluded_at: datetime | None
    dropped_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The review for an HTTP answer."""
        return asdict(self)


async def follow(connection: "Connection", events: Iterable[Event], now: datetime) -> None:
    """Write what the events say of reviews: at most five statements beside verdicts, whatever the size of the batch."""
    scored: dict[Key, ClaimScored] = {}
    opened: list[ReviewOpened] = []
    concluded: list[ReviewConcluded] = []
    newest: dict[str, int] = {}
    for event in events:
        match event:
            case ClaimScored():
                scored[event.claim_id, event.revision] = event
            case ReviewOpened():
                opened.append(event)
            case ReviewConcluded():
                concluded.append(event)
            case ClaimFactsNoted() if event.revision > 1:
                newest[event.claim_id] = event.revision
            case ClaimFactsWithdrawn():
                newest[event.claim_id] = _NONE_STANDS
            case _:
                continue
    if opened:
        await _insert(connection, [(review, scored[review.claim_id, review.revision]) for review in opened])
    just_opened = {(review.claim_id, review.revision) for review in opened}
    if again := [one for key, one in scored.items() if key not in just_opened or one.outcome == "clear"]:
        await _score_again(connection, again, now)
    if newest:
        await connection.execute(_DROP_OLDER, list(newest), list(newest.values()), now)
    await _conclude(connection, concluded)


async def _conclude(connection: "Connection", concluded: Sequence[ReviewConcluded]) -> None:
    for review in concluded:
        await connection.execute(
            "update review set verdict = $2, reviewer = $3, reason_code = $4, concluded_at = $5"
            " where review_id = $1",
            *(review.review_id, review.verdict, review.reviewer, review.reason_code, review.concluded_at),
        )


async def _score_again(connection: "Connection", scored: Sequence[ClaimScored], now: datetime) -> None:
    await connection.execute(
        _SCORE_AGAIN,
        [one.claim_id for one in scored],
        [one.revision for one in scored],
        [one.score for one in scored],
        [_reasons(one) for one in scored],
        [one.outcome == "clear" for one in scored],
        now,
    )


async def _insert(connection: "Connection", reviews: Sequence[tuple[ReviewOpened, ClaimScored]]) -> None:
    await connection.executemany(
        "insert into review (review_id, claim_id, revision, person_id, score, reasons, opened_at, due_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (
                opened.review_id,
                opened.claim_id,
                opened.revision,
                opened.person_id,
                scored.score,
                _reasons(scored),
                opened.opened_at,
                opened.due_at,
            )
            for opened, scored in reviews
        ],
    )


async def list_reviews(
    connection: "Connection", status: Literal["open", "concluded"], limit: int, after: str | None
) -> list[Review]:
    """Open reviews, most urgent first, or concluded ones, oldest first; `after` is the last id of the page before."""
    return [_review(row) for row in await connection.fetch(_LIST, status, limit, after)]


async def get_review(connection: "Connection", review_id: str) -> Review:
    """One review. Raises ReviewUnknown."""
    row = await connection.fetchrow("select * from review where review_id = $1", review_id)
    if row is None:
        raise ReviewUnknown(review_id)
    return _review(row)


def _reasons(scored: ClaimScored) -> str:
    return orjson.dumps([reason.model_dump() for reason in scored.reasons]).decode()


def _review(row: Any) -> Review:
    fields = dict(row)
    fields["reasons"] = orjson.loads(fields["reasons"])
    return Review(**fields)
