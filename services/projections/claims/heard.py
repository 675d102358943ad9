"""What the claim read model hears, and what it looks at in each event, nothing else: a rebuild reads millions."""

from collections.abc import Mapping

from libs.contracts import adjudication, charity, fraud, intake, medical_data, one_stop, payout, rulings
from libs.contracts.event import Event
from libs.contracts.views import Views
from services.projections.claims.heard_of_claims import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimCorrected,
    ClaimDenied,
    ClaimPended,
    ClaimRegistered,
    ClaimScored,
    ClaimWithdrawn,
    DecisionConfirmed,
    Heard,
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
    RecordsAttached,
    RecordsUnavailable,
)
from services.projections.claims.heard_of_money import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
    UnpayableReduced,
)
from services.projections.claims.heard_of_people import (
    AppealConcluded,
    AppealOpened,
    PayAgainApproved,
    PayAgainProposed,
    ReviewConcluded,
    ReviewOpened,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)

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
