"""What adjudication publishes: the claim's process and its decision, every fen with bearer and clause."""

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen, JsonTree, Model, PersonEvent
from libs.contracts.one_stop import OneStopAmounts, OneStopDecided
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
    pre_existing_classes: tuple[str, ...] = ()
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
    revision: int = Field(default=1, ge=1, description="raised when the hospital corrects the settlement")
    answer_due_at: datetime = Field(description="when the claim is decided or pended without what is missing")
    one_stop: OneStopAmounts | None = Field(
        default=None, description="what the insurance centre has settled of the plan before the claim came"
    )


class RecordsNoted(ClaimEvent):
    """Medical data answered, or said that it will not."""

    revision: int = Field(default=1, ge=1)
    available: bool
    settlement_matches: bool | None
    deceased_on: date | None = None


class ScoreNoted(ClaimEvent):
    """Fraud has scored the claim."""

    revision: int = Field(default=1, ge=1)
    score: int
    outcome: Literal["clear", "review"]
    scored_at: datetime = Field(description="fraud's own time: only a later score replaces it")


class ReviewNoted(ClaimEvent):
    """A reviewer's verdict arrived."""

    revision: int = Field(default=1, ge=1)
    verdict: Literal["legitimate", "fraudulent"]


class ClaimWithdrawalNoted(ClaimEvent):
    """The hospital has undone the settlement: what was decided is reversed and nothing more will be."""

    reason: Literal["settlement_cancelled", "discharge_cancelled", "entered_in_error"]
    withdrawn_at: datetime


class PendReason(Model):
    """What a claim waits for, and who has to provide it."""

    code: Literal[
        "coverage_unknown",
        "score_missing",
        "fraud_review",
        "settlement_differs",
        "plan_unknown",
        "not_evaluable",
        "ruling_outgrown",
    ]
    owner: Literal["enrolment", "fraud", "hospital", "operator"]
    since: datetime | None = Field(default=None, description="when the claim began to wait for this")
    due_at: datetime | None = Field(default=None, description="until when the owner has time")


class ClaimPended(ClaimEvent):
    """The claim cannot be decided, or decided anew, yet. A decision that it already has stands meanwhile. Since version
    2 a ruling that the corrected bill has outgrown can be the reason."""

    schema_version: ClassVar[int] = 2

    reasons: tuple[PendReason, ...]
    pended_at: datetime
    due_at: datetime = Field(description="when the first of the reasons is due")


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


class PoolShare(Model):
    """An insurer's part of a decision by its share of the pool on the day of service."""

    insurer: str
    share_bp: int = Field(ge=0, le=10_000)
    amount_fen: Fen


class Decision(ClaimEvent):
    """What every decision states. The bearings sum to the bill."""

    decision_id: str
    number: int = Field(default=1, ge=1, description="the claim's first, second, ... decision")
    supersedes: str | None = Field(
        default=None, description="the decision that is reversed in favour of this one"
    )
    hospital_id: str
    coverage_id: str | None
    plan_id: str | None
    service_date: date
    bill_fen: Fen
    bearings: tuple[Bearing, ...]
    decided_at: datetime
    received_at: datetime
    engine_digest: str | None = Field(
        default=None,
        description="SHA-256 of the program that decided: the same program recomputes the receipt",
    )


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
    usage_after: dict[str, JsonTree] = Field(
        description="balances of the benefit year after this claim, in the order of service"
    )
    usage_taken: dict[str, JsonTree] = Field(
        default_factory=dict, description="what this claim adds to them; a reversal takes it off again"
    )
    pool_shares: tuple[PoolShare, ...] = Field(
        default=(), description="what each insurer bears of plan_pays_fen + cash_benefits_fen; sums to it"
    )
    explanation: JsonTree
    without_records: bool = Field(
        default=False, description="decided in the bureau's absence, to be trued up"
    )
    settled_at_desk_fen: Fen = Field(
        default=0,
        description="of plan_pays_fen, what the insurance centre has settled: owed to it, not to the person",
    )
    one_stop: OneStopDecided | None = Field(
        default=None, description="whose amounts these are, when the insurance centre had settled some"
    )


class ClaimDenied(Decision):
    """The plan bears nothing of the bill, and why. Since version 2 a person's ruling can be the reason."""

    schema_version: ClassVar[int] = 2

    reason: Literal["no_coverage", "fraudulent", "after_death", "settlement_differs", "ruled"]


ReversalReason = Literal[
    "claim_corrected",
    "claim_withdrawn",
    "balances_changed",
    "claim_free_years_changed",
    "coverage_changed",
    "records_changed",
    "review_concluded",
    "deadline_passed",
    "decided_by_person",
    "appeal_upheld",
]


class AdjudicationReversed(ClaimEvent):
    """A decision stands no longer. Its successor, when it has one, follows in the same transaction.

    What is paid out or claimed back is the difference between the two; all of it when there is no successor.
    """

    decision_id: str
    number: int = Field(ge=1)
    replaced_by: str | None = Field(description="the decision that follows; None: the claim was withdrawn")
    reason: ReversalReason
    caused_by_claim_id: str | None = Field(
        default=None, description="another claim of the person whose change moved the balances"
    )
    hospital_id: str
    plan_id: str | None
    benefit_year: str | None
    plan_pays_fen: Fen = Field(description="what the reversed decision had awarded of the bill")
    cash_benefits_fen: Fen
    usage_released: dict[str, JsonTree]
    pool_shares: tuple[PoolShare, ...] = Field(description="the insurers' parts, now taken off again")
    received_at: datetime
    reversed_at: datetime


class DecisionConfirmed(ClaimEvent):
    """Facts that came after a decision were looked at, and the decision stands."""

    decision_id: str
    revision: int = Field(ge=1)
    with_records: bool = Field(
        description="the bureau's records were there: a decision without them is trued up"
    )
    confirmed_at: datetime
