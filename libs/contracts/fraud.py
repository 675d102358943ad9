"""What fraud publishes: a score with its reasons, and the reviews that people conclude."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from libs.contracts.event import ClaimEvent, Model


class ScoreReason(Model):
    """One rule's contribution to a score."""

    rule_id: str
    weight: int = Field(ge=0, le=1000)
    evidence_zh: str
    evidence_en: str


class ClaimScored(ClaimEvent):
    """Rules were applied to the features as of the moment. 0 is clean, 1000 is certain."""

    score: int = Field(ge=0, le=1000)
    outcome: Literal["clear", "review"]
    reasons: tuple[ScoreReason, ...]
    features: dict[str, JsonValue]
    rules_digest: str
    threshold: int
    scored_at: datetime


class ReviewOpened(ClaimEvent):
    """A person has to look at the claim before it is decided."""

    review_id: str
    opened_at: datetime
    due_at: datetime


class ReviewConcluded(ClaimEvent):
    """A reviewer decided."""

    review_id: str
    verdict: Literal["legitimate", "fraudulent"]
    reviewer: str
    reason_code: str
    concluded_at: datetime
