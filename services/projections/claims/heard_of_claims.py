"""What the claim read model looks at in events about bills, records, scores, pends and decisions."""

from datetime import date, datetime

from libs.contracts.views import View


class Heard(View, frozen=True):
    """An event about a claim."""

    person_id: str
    claim_id: str


class HeardVisit(View, frozen=True):
    """Where and how the patient was treated."""

    hospital_id: str
    kind: str


class HeardSettlement(View, frozen=True):
    """The bill."""

    total_fen: int


class Filed(Heard, frozen=True):
    """A settlement as intake accepted it."""

    channel: str
    received_at: datetime
    visit: HeardVisit
    settlement: HeardSettlement


class ClaimRegistered(Filed, frozen=True):
    """Revision 1."""


class ClaimCorrected(Filed, frozen=True):
    """A later one."""

    revision: int


class ClaimWithdrawn(Heard, frozen=True):
    """Undone by the hospital."""

    reason: str
    received_at: datetime


class RecordsAttached(Heard, frozen=True):
    """The bureau has answered."""


class RecordsUnavailable(Heard, frozen=True):
    """It will not."""


class HeardScoreReason(View, frozen=True):
    """A rule that fired."""

    rule_id: str


class ClaimScored(Heard, frozen=True):
    """Fraud's score."""

    score: int
    reasons: tuple[HeardScoreReason, ...]


class HeardPendReason(View, frozen=True):
    """What is waited for."""

    code: str
    owner: str
    since: datetime | None = None
    due_at: datetime | None = None


class ClaimPended(Heard, frozen=True):
    """It waits."""

    reasons: tuple[HeardPendReason, ...]
    pended_at: datetime
    due_at: datetime


class HeardBearing(View, frozen=True):
    """Who bears how much."""

    bearer: str
    amount_fen: int


class HeardShare(View, frozen=True):
    """An insurer's part."""

    insurer: str
    amount_fen: int


class Decision(Heard, frozen=True):
    """What every decision states."""

    decision_id: str
    hospital_id: str
    plan_id: str | None
    service_date: date
    bill_fen: int
    bearings: tuple[HeardBearing, ...]
    decided_at: datetime
    received_at: datetime


class ClaimAdjudicated(Decision, frozen=True, kw_only=True):
    """Decided by the plan; its explanation is passed over."""

    number: int = 1
    supersedes: str | None = None
    benefit_year: str
    plan_pays_fen: int
    cash_benefits_fen: int = 0
    patient_bears_fen: int
    pool_shares: tuple[HeardShare, ...] = ()
    without_records: bool = False
    settled_at_desk_fen: int = 0


class ClaimDenied(Decision, frozen=True, kw_only=True):
    """The plan bears nothing."""

    number: int = 1
    supersedes: str | None = None
    reason: str


class AdjudicationReversed(Heard, frozen=True):
    """A decision stands no longer."""

    decision_id: str
    number: int
    replaced_by: str | None
    reason: str
    plan_id: str | None
    reversed_at: datetime
    caused_by_claim_id: str | None = None


class DecisionConfirmed(Heard, frozen=True):
    """A decision was looked at again, and stands."""

    decision_id: str
    with_records: bool
    confirmed_at: datetime


class HeardComparison(View, frozen=True):
    """A liability by the insurance centre and by us."""

    liability_id: str
    centre_deductible_fen: int
    own_deductible_fen: int
    centre_pays_fen: int
    own_pays_fen: int


class OfDifference(Heard, frozen=True):
    """About a difference to what the insurance centre settled."""

    difference_id: str


class OneStopDifferenceFound(OfDifference, frozen=True):
    """They differ."""

    decision_id: str | None
    plan_id: str | None
    hospital_id: str
    mode: str
    reference: str
    taken: str
    centre_fen: int
    own_fen: int
    tolerance_fen: int
    liabilities: tuple[HeardComparison, ...]
    causes: tuple[str, ...]
    found_at: datetime


class OneStopDifferenceEnded(OfDifference, frozen=True):
    """They do not, or otherwise."""

    reason: str
    ended_at: datetime


class OneStopDifferenceAnswered(OfDifference, frozen=True):
    """A person has answered."""

    outcome: str
    reason: str
    answered_by: str
    answered_at: datetime
