"""What fraud publishes: a score with its reasons, and the reviews that people conclude."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen, JsonTree, Model, PersonEvent
from libs.contracts.medical_data import PriorStay
from libs.contracts.settlement import Visit


class ClaimFacts(Model):
    """What the rules look at in a bill; the lines themselves are not kept."""

    visit: Visit
    diagnosis_chapter: str | None
    bill_fen: Fen
    itemised_fen: Fen = Field(description="sum of the lines; 0 when only a summary came")
    idle_fen: Fen = Field(description="of it, charges that accrue without any treatment: bed, nursing, ...")
    bed_quantity_milli: int = Field(ge=0, description="bed days charged, in thousandths")
    longest_supply_days: int | None
    drug_fen: Fen
    self_funded_drug_fen: Fen
    female_only_items: int = Field(ge=0)
    male_only_items: int = Field(ge=0)


class ClaimFactsNoted(ClaimEvent):
    """Fraud has learnt of a claim; what it judges by is kept here, so the log alone re-derives every score."""

    revision: int = Field(default=1, ge=1, description="the claim's revision that the facts are of")
    facts: ClaimFacts
    invoice_claim_id: str | None = Field(
        default=None, description="another claim, of anyone, that bore the same invoice before"
    )


class ClaimFactsWithdrawn(ClaimEvent):
    """The hospital has undone the claim: it is not scored any more and counts in nobody's history."""


class RecordFactsNoted(ClaimEvent):
    """Medical data answered for a claim, or said that it will not."""

    revision: int = Field(default=1, ge=1, description="the claim's revision that was asked about")
    available: bool
    cyclic_treatment: bool = False
    deceased_on: date | None = None
    prior_stays: tuple[PriorStay, ...] = ()


class CoverageStartNoted(PersonEvent):
    """A coverage began: how early a claim comes after it is a feature."""

    coverage_id: str
    covered_from: date
    covered_to: date
    continuous_years: int


class ScoreReason(Model):
    """One rule's contribution to a score."""

    rule_id: str
    weight: int = Field(ge=0, le=1000)
    evidence_zh: str
    evidence_en: str


class ClaimScored(ClaimEvent):
    """Rules were applied to the features as of the moment. 0 is clean, 1000 is certain.

    A claim is scored again when it is corrected, and when records that arrive late, or another claim of the person that
    is corrected or withdrawn while a person looks at this one, change its score.
    """

    revision: int = Field(default=1, ge=1, description="the claim's revision that was scored")
    score: int = Field(ge=0, le=1000)
    outcome: Literal["clear", "review"]
    reasons: tuple[ScoreReason, ...]
    features: dict[str, JsonTree]
    rules_digest: str
    threshold: int
    scored_at: datetime


class ReviewOpened(ClaimEvent):
    """A person has to look at the claim before it is decided."""

    revision: int = Field(default=1, ge=1, description="the claim's revision under review")
    review_id: str
    opened_at: datetime
    due_at: datetime


class ReviewConcluded(ClaimEvent):
    """A reviewer decided."""

    revision: int = Field(default=1, ge=1, description="the claim's revision under review")
    review_id: str
    verdict: Literal["legitimate", "fraudulent"]
    reviewer: str
    reason_code: str
    concluded_at: datetime
