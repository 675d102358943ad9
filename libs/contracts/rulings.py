"""What people decide about a claim: rulings on facts with authority and a second pair of eyes, and appeals.

People rule on facts, the plan on amounts: a ruling changes what the claim is evaluated on, never the sum itself, so
that its explanation still adds up and the accumulators stay right.
"""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from libs.contracts.event import ClaimEvent, Fen, Model

RulingReason = Literal[
    "medical_review",
    "records_found",
    "hospital_confirmed_amounts",
    "enrolment_evidence",
    "goodwill_of_terms",
    "not_medically_necessary",
    "outside_cover",
    "fraud_established",
    "fraud_refuted",
    "clerical_error",
]


class RuledFacts(Model):
    """The facts a person may find otherwise than the systems do; None: as the systems say."""

    pre_existing: bool | None = Field(
        default=None, description="whether the condition existed before the cover"
    )
    related_to_pre_existing: bool | None = Field(
        default=None, description="whether this illness is one of the pre-existing ones"
    )
    filed: bool | None = Field(
        default=None, description="treatment out of town counts as registered beforehand"
    )
    tags: tuple[str, ...] | None = Field(
        default=None, description="facts that a plan's conditions may ask for"
    )
    amounts_confirmed: bool | None = Field(
        default=None, description="the hospital's amounts hold although the bureau's differ"
    )
    suspicion_cleared: bool | None = Field(default=None, description="the score needs no review")

    @property
    def is_empty(self) -> bool:
        return all(value is None for value in dict(self).values())


class Evidence(Model):
    """A document that a finding rests on: kept elsewhere, named here by its hash."""

    kind: str = Field(pattern=r"^[a-z_]{1,40}$", description="such as discharge_summary, pathology_report")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class RulingEffect(Model):
    """What a ruling would change if it were approved on the balances of the moment."""

    difference_fen: int = Field(
        description="what the plans pay more (negative: less) over all claims it moves"
    )
    largest_move_fen: Fen = Field(
        description="the largest change of one claim, in either direction; at least the bill while it cannot be"
        " decided, since nobody knows yet what the ruling will move"
    )
    claims_moved: int = Field(ge=0)


class RulingProposed(ClaimEvent):
    """A person has ruled on a claim. It takes effect when it is approved."""

    ruling_id: str
    outcome: Literal["facts", "deny", "lift"] = Field(
        description="facts: evaluate on these; deny: the plan bears nothing; lift: no ruling applies any more"
    )
    facts: RuledFacts = RuledFacts()
    reason_code: RulingReason
    evidence: tuple[Evidence, ...] = ()
    appeal_id: str | None = None
    proposed_by: str = Field(description="id of the member of staff, never a name")
    tier: str = Field(description="authority tier of the proposer")
    effect: RulingEffect
    needs_second: bool = Field(
        description="above the proposer's authority, or above the limit of one pair of eyes"
    )
    proposed_at: datetime

    @model_validator(mode="after")
    def _facts_only_when_ruled_on(self) -> Self:
        if (self.outcome == "facts") == self.facts.is_empty:
            raise ValueError("facts are stated exactly when the outcome is 'facts'")
        return self


class RulingApproved(ClaimEvent):
    """The ruling is in force; what follows from it follows in the same transaction."""

    ruling_id: str
    approved_by: str
    tier: str
    approved_at: datetime
    bill_up_to_fen: int | None = Field(
        default=None,
        ge=0,
        description="the largest bill on which the ruling stays in force when the hospital corrects it: its effect may"
        " grow by as much as the bill, within the authority of who approved; None: no limit",
    )


class RulingRejected(ClaimEvent):
    """The second pair of eyes disagrees, or the proposer took the ruling back."""

    ruling_id: str
    rejected_by: str
    reason_code: RulingReason
    rejected_at: datetime


class AppealOpened(ClaimEvent):
    """Somebody disputes a claim's standing decision."""

    appeal_id: str
    level: int = Field(
        ge=1, description="1 for the first appeal of the claim, 2 for an appeal of its outcome, ..."
    )
    decision_id: str = Field(description="the decision that is disputed")
    by: Literal["patient", "hospital", "insurer"]
    grounds: Literal["facts", "terms", "amount", "fraud_finding", "overpaid"]
    evidence: tuple[Evidence, ...] = ()
    stays_payment: bool = Field(description="what has not left for the bank waits for the outcome")
    opened_at: datetime
    due_at: datetime


class AppealOverdue(ClaimEvent):
    """An appeal was not answered in its time: recorded, so that a replay needs no clock, and listed until it is."""

    appeal_id: str
    level: int = Field(ge=1)
    due_at: datetime
    noted_at: datetime


class AppealConcluded(ClaimEvent):
    """The appeal was decided. When it was upheld, the ruling named here was approved before."""

    appeal_id: str
    outcome: Literal["upheld", "rejected", "withdrawn"]
    ruling_id: str | None = None
    concluded_by: str
    concluded_at: datetime
