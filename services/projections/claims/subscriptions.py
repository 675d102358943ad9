"""The events that the claim read model is made of, by source."""

from collections.abc import Mapping

from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimPended,
    DecisionConfirmed,
)
from libs.contracts.charity import ReferralMade, ReferralRevised, ReferralWithdrawn
from libs.contracts.fraud import ClaimScored
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.contracts.payout import (
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
    UnpayableReduced,
)

_EVENTS = {
    "intake": (ClaimRegistered, ClaimCorrected, ClaimWithdrawn),
    "medical_data": (RecordsAttached, RecordsUnavailable),
    "fraud": (ClaimScored,),
    "adjudication": (ClaimPended, ClaimAdjudicated, ClaimDenied, AdjudicationReversed, DecisionConfirmed),
    "payout": (
        PaymentHeld,
        PaymentInstructed,
        PaymentCancelled,
        PaymentSettled,
        PaymentRejected,
        PaymentReturned,
        UnpayableReduced,
        ClawbackRaised,
        ClawbackNetted,
        ClawbackRepaid,
        ClawbackWrittenOff,
    ),
    "charity": (ReferralMade, ReferralRevised, ReferralWithdrawn),
}

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    source: frozenset(kind.__name__ for kind in kinds) for source, kinds in _EVENTS.items()
}
