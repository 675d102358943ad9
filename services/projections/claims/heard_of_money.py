"""What the claim read model looks at in events about payments, clawbacks and referrals."""

from datetime import datetime

from services.projections.claims.heard_of_claims import Heard


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
