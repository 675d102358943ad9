"""Ids that follow from what they belong to, so that hearing or crashing twice can only ever mean the same thing."""

from uuid import UUID

from libs.contracts.derived_ids import derived_id

_PAYMENTS = UUID("0b7c2f1e-6a43-4f0b-9a8e-2d9c5c1f4e77").bytes
_CLAWBACKS = UUID("d1f0a1d6-54f6-4b0a-9a3c-0f4e0b9f7c21").bytes
_DESK = UUID("3a6d1f70-8c24-4e1b-9b7e-5f60c1d2a984").bytes
END_TO_END_PREFIX = "HJ"


def payment_id_of(decision_id: str) -> str:
    """The payment of what a decision pays, or pays more than the one before."""
    return derived_id(_PAYMENTS, decision_id)


def rest_id_of(payment_id: str) -> str:
    """The payment of what is left of a cancelled one after netting. A payment is cancelled once, so this is one."""
    return derived_id(_PAYMENTS, f"rest/{payment_id}")


def again_id_of(payment_id: str) -> str:
    """The payment that takes the place of one that was rejected or came back: one for ever, so it is paid once."""
    return derived_id(_PAYMENTS, f"again/{payment_id}")


def end_to_end_id_of(payment_id: str) -> str:
    """34 characters of the bank's 35: the payment's id without hyphens."""
    return END_TO_END_PREFIX + payment_id.replace("-", "").upper()


def payment_id_in(end_to_end_id: str) -> str | None:
    """The payment of an EndToEndId; None for one that is not of our making. It need not be a payment of ours."""
    digits = end_to_end_id.removeprefix(END_TO_END_PREFIX).lower()
    payment_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return payment_id if end_to_end_id_of(payment_id) == end_to_end_id else None


def clawback_id_of(decision_id: str, plan_id: str, *, withdrawn: bool) -> str:
    """The clawback that a decision, or the withdrawal of its claim, leads to in a plan."""
    cause = "withdrawn" if withdrawn else "redecided"
    return derived_id(_CLAWBACKS, f"{cause}/{decision_id}/{plan_id}")


def booking_id_of(decision_id: str, plan_id: str, *, withdrawn: bool) -> str:
    """What a decision, or the withdrawal of its claim, books for the insurance centre in a plan."""
    cause = "withdrawn" if withdrawn else "decided"
    return derived_id(_DESK, f"{cause}/{decision_id}/{plan_id}")


def netting_id_of(clawback_id: str, money: str) -> str:
    """A clawback takes from one decision or payment once. `money`: its id."""
    return derived_id(_CLAWBACKS, f"netted/{clawback_id}/{money}")


def repayment_id_of(clawback_id: str, reference: str) -> str:
    """A repayment is known by its reference."""
    return derived_id(_CLAWBACKS, f"repaid/{clawback_id}/{reference}")
