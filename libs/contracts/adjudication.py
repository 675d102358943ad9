"""What adjudication publishes: the claim's process and its decision, every fen with bearer and clause."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field, JsonValue

from libs.contracts.event import ClaimEvent, Fen, Model, PersonEvent
from libs.contracts.settlement import FeeLine, Scheme, Settlement, Visit

Bearer = Literal[
    "basic",
    "critical_illness",
    "assistance",
    "other_fund",
    "hospital",
    "plan",
    "charity",
    "mutual",
    "patient",
]


class Bearing(Model):
    """A part of the bill, who bears it and under which clause."""

    bearer: Bearer
    amount_fen: Fen
    clause: str


class CoverageNoted(PersonEvent):
    """Adjudication has learnt of a coverage; decisions cite it by id."""

    coverage_id: str
    plan_id: str
    tier: str | None = None
    covered_from: date
    covered_to: date
    scheme: Scheme
    pre_existing: bool
    groups: tuple[str, ...]
    continuous_years: int
    claim_free_years: int


class CoverageEndNoted(PersonEvent):
    """A noted coverage ends earlier than it said."""

    coverage_id: str
    lapsed_on: date


class ClaimOpened(ClaimEvent):
    """The claim's process started: what it needs is registered here, so the log alone re-derives it."""

    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...]
    received_at: datetime
    answer_due_at: datetime = Field(description="when the claim is decided or pended without what is missing")


class RecordsNoted(ClaimEvent):
    """Medical data answered, or said that it will not."""

    available: bool
    settlement_matches: bool | None
    deceased_on: date | None = None


class ScoreNoted(ClaimEvent):
    """Fraud has scored the claim."""

    score: int
    outcome: Literal["clear", "review"]
    scored_at: datetime = Field(description="fraud's own time: only a later score replaces it")


class ReviewNoted(ClaimEvent):
    """A reviewer's verdict arrived."""

    verdict: Literal["legitimate", "fraudulent"]


class PendReason(Model):
    """What a claim waits for, and who has to provide it."""

    code: Literal[
        "coverage_unknown",
        "score_missing",
        "fraud_review",
        "settlement_differs",
        "plan_unknown",
        "not_evaluable",
    ]
    owner: Literal["enrolment", "fraud", "hospital", "operator"]


class ClaimPended(ClaimEvent):
    """The claim cannot be decided yet."""

    reasons: tuple[PendReason, ...]
    pended_at: datetime
    due_at: datetime


class ClaimDeadlinePassed(ClaimEvent):
    """The clock passed a claim's due time: recorded, so that a replay needs no clock."""

    due_at: datetime
    passed_at: datetime


class LiabilityOutcome(Model):
    """What one liability of the plan made of the bill."""

    liability_id: str
    base_fen: Fen
    deductible_fen: Fen
    paid_fen: Fen


class Decision(ClaimEvent):
    """What every decision states. The bearings sum to the bill."""

    decision_id: str
    hospital_id: str
    coverage_id: str | None
    plan_id: str | None
    service_date: date
    bill_fen: Fen
    bearings: tuple[Bearing, ...]
    decided_at: datetime
    received_at: datetime


class ClaimAdjudicated(Decision):
    """The plan's decision with its explanation; paying zero is a decision too."""

    plan_digest: str
    benefit_year: str
    inputs_digest: str = Field(
        description="SHA-256 of the evaluated case: a receipt can be recomputed from the log"
    )
    plan_pays_fen: Fen
    cash_benefits_fen: Fen = Field(default=0, description="lump sums and daily benefits, no part of the bill")
    patient_bears_fen: Fen
    liabilities: tuple[LiabilityOutcome, ...]
    usage_after: dict[str, JsonValue] = Field(description="balances of the benefit year after this decision")
    explanation: JsonValue
    without_records: bool = Field(
        default=False, description="decided in the bureau's absence, to be trued up"
    )


class ClaimDenied(Decision):
    """The plan bears nothing of the bill, and why."""

    reason: Literal["no_coverage", "fraudulent", "after_death", "settlement_differs"]
