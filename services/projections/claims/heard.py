"""What the claim read model looks at in each event that it hears, and nothing else: a rebuild reads millions."""

from collections.abc import Mapping
from datetime import date, datetime

from libs.contracts import adjudication, charity, fraud, intake, medical_data, one_stop, payout, rulings
from libs.contracts.event import Event
from libs.contracts.views import View, Views


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


class ReviewOpened(Heard, frozen=True):
    """Somebody has to look at the claim."""

    review_id: str
    opened_at: datetime
    due_at: datetime


class ReviewConcluded(Heard, frozen=True):
    """Somebody has."""

    review_id: str
    concluded_at: datetime


class RulingProposed(Heard, frozen=True):
    """A person has ruled; perhaps a second has to agree."""

    ruling_id: str
    needs_second: bool
    proposed_at: datetime


class RulingApproved(Heard, frozen=True):
    """It is in force."""

    ruling_id: str
    approved_at: datetime


class RulingRejected(Heard, frozen=True):
    """It is not."""

    ruling_id: str
    rejected_at: datetime


class AppealOpened(Heard, frozen=True):
    """The decision is disputed."""

    appeal_id: str
    opened_at: datetime
    due_at: datetime


class AppealConcluded(Heard, frozen=True):
    """The dispute is over."""

    appeal_id: str
    concluded_at: datetime


class PayAgainProposed(Heard, frozen=True):
    """To another account, when a second person agrees."""

    payment_id: str
    proposed_at: datetime


class PayAgainApproved(Heard, frozen=True):
    """The second person has."""

    payment_id: str
    approved_at: datetime


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


class OfPayment(Heard, frozen=True):
    """About a payment, or one that is held."""

    decision_id: str
    plan_id: str
    amount_fen: int


class PaymentHeld(OfPayment, frozen=True):
    """No account to pay to."""

    reason: str
    payment_id: str | None = None


class PaymentInstructed(OfPayment, frozen=True):
    """To be paid."""

    payment_id: str
    instructed_at: datetime


class PaymentCancelled(OfPayment, frozen=True):
    """Not to be paid after all."""

    payment_id: str
    reason: str
    cancelled_at: datetime


class PaymentSettled(OfPayment, frozen=True):
    """Booked."""

    payment_id: str
    settled_at: datetime


class PaymentRejected(OfPayment, frozen=True):
    """Refused by the bank."""

    payment_id: str
    reason_code: str
    rejected_at: datetime


class PaymentReturned(OfPayment, frozen=True):
    """Came back."""

    payment_id: str
    reason_code: str
    returned_at: datetime


class UnpayableReduced(Heard, frozen=True):
    """Less is due of what could not be paid."""

    payment_id: str
    amount_fen: int
    caused_by_decision_id: str
    reduced_at: datetime


class ClawbackRaised(Heard, frozen=True):
    """The person owes the pool."""

    clawback_id: str
    decision_id: str
    plan_id: str
    amount_fen: int
    reason: str
    raised_at: datetime


class ClawbackNetted(Heard, frozen=True):
    """Kept back from what the claim is due."""

    netting_id: str
    clawback_id: str
    payment_id: str | None
    amount_fen: int
    recovers_write_off: bool
    netted_at: datetime


class ClawbackRepaid(Heard, frozen=True):
    """Paid back."""

    clawback_id: str
    repayment_id: str
    amount_fen: int
    recorded_at: datetime


class ClawbackWrittenOff(Heard, frozen=True):
    """Given up."""

    clawback_id: str
    amount_fen: int
    reason: str
    written_off_at: datetime


class ReferralMade(Heard, frozen=True):
    """To a programme."""

    referral_id: str
    programme_id: str
    suggested_aid_fen: int
    referred_at: datetime


class ReferralRevised(Heard, frozen=True):
    """Another need than it said."""

    referral_id: str
    programme_id: str
    suggested_aid_fen: int
    revised_at: datetime


class ReferralWithdrawn(Heard, frozen=True):
    """No need any more."""

    referral_id: str
    programme_id: str
    withdrawn_at: datetime


BY_SOURCE: Mapping[str, Mapping[type[Event], type[Heard]]] = {
    "intake": {
        intake.ClaimRegistered: ClaimRegistered,
        intake.ClaimCorrected: ClaimCorrected,
        intake.ClaimWithdrawn: ClaimWithdrawn,
    },
    "medical_data": {
        medical_data.RecordsAttached: RecordsAttached,
        medical_data.RecordsUnavailable: RecordsUnavailable,
    },
    "fraud": {
        fraud.ClaimScored: ClaimScored,
        fraud.ReviewOpened: ReviewOpened,
        fraud.ReviewConcluded: ReviewConcluded,
    },
    "adjudication": {
        adjudication.ClaimPended: ClaimPended,
        adjudication.ClaimAdjudicated: ClaimAdjudicated,
        adjudication.ClaimDenied: ClaimDenied,
        adjudication.AdjudicationReversed: AdjudicationReversed,
        adjudication.DecisionConfirmed: DecisionConfirmed,
        rulings.RulingProposed: RulingProposed,
        rulings.RulingApproved: RulingApproved,
        rulings.RulingRejected: RulingRejected,
        rulings.AppealOpened: AppealOpened,
        rulings.AppealConcluded: AppealConcluded,
        one_stop.OneStopDifferenceFound: OneStopDifferenceFound,
        one_stop.OneStopDifferenceEnded: OneStopDifferenceEnded,
        one_stop.OneStopDifferenceAnswered: OneStopDifferenceAnswered,
    },
    "payout": {
        payout.PaymentHeld: PaymentHeld,
        payout.PaymentInstructed: PaymentInstructed,
        payout.PaymentCancelled: PaymentCancelled,
        payout.PaymentSettled: PaymentSettled,
        payout.PaymentRejected: PaymentRejected,
        payout.PaymentReturned: PaymentReturned,
        payout.UnpayableReduced: UnpayableReduced,
        payout.PayAgainProposed: PayAgainProposed,
        payout.PayAgainApproved: PayAgainApproved,
        payout.ClawbackRaised: ClawbackRaised,
        payout.ClawbackNetted: ClawbackNetted,
        payout.ClawbackRepaid: ClawbackRepaid,
        payout.ClawbackWrittenOff: ClawbackWrittenOff,
    },
    "charity": {
        charity.ReferralMade: ReferralMade,
        charity.ReferralRevised: ReferralRevised,
        charity.ReferralWithdrawn: ReferralWithdrawn,
    },
}
"""The events that the read model is made of, by source."""

HEARD = Views({kind: view for views in BY_SOURCE.values() for kind, view in views.items()})
