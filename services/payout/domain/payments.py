"""A claim's payments. decide(claim, command) -> events; one payment per decision, whatever is heard how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, assert_never
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from services.payout.domain import ledger

_PAYMENTS = UUID("0b7c2f1e-6a43-4f0b-9a8e-2d9c5c1f4e77")
END_TO_END_PREFIX = "HJ"

Status = Literal["held", "instructed", "settled", "rejected", "returned"]


@dataclass(frozen=True, slots=True)
class Payment:
    """What became of one decision's payment."""

    payment_id: str
    decision_id: str
    person_id: str
    claim_id: str
    plan_id: str
    amount_fen: int
    received_at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class ClaimPayments:
    """A claim's payments by decision."""

    by_decision: Mapping[str, Payment] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, payment_id: str) -> Payment | None:
        """The payment of an id, if this claim has it."""
        return next((paid for paid in self.by_decision.values() if paid.payment_id == payment_id), None)


@dataclass(frozen=True, slots=True)
class PayDecision:
    """Adjudication has decided. `creditor` is the person's sealed identity, None when no account is known."""

    decision: ClaimAdjudicated
    creditor: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """An account became known for what is held."""

    creditor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """The bank booked the payment."""

    payment_id: str
    amount_fen: int
    bank_reference: str
    booked_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """The bank will not pay."""

    payment_id: str
    reason_code: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Return:
    """A booked payment came back."""

    payment_id: str
    amount_fen: int
    bank_reference: str
    reason_code: str
    now: datetime


Command = PayDecision | ReleaseHeld | Settle | Reject | Return


def payment_id_of(decision_id: str) -> str:
    """Derived, so that a decision heard twice can only ever mean the same payment."""
    return str(uuid5(_PAYMENTS, decision_id))


def end_to_end_id_of(payment_id: str) -> str:
    """34 characters of the bank's 35: the payment's id without hyphens."""
    return END_TO_END_PREFIX + UUID(payment_id).hex.upper()


def initial(stream_id: str) -> ClaimPayments:
    """The state before a claim's first payment event."""
    del stream_id
    return ClaimPayments()


def decide(claim: ClaimPayments, command: Command) -> Sequence[Event]:
    """What follows from a command; one that repeats or comes too late changes nothing."""
    match command:
        case PayDecision():
            return _pay(claim, command)
        case ReleaseHeld(creditor=creditor, now=now):
            held = [payment for payment in claim.by_decision.values() if payment.status == "held"]
            return [_instructed(payment, creditor, now) for payment in held]
        case Settle() | Reject() | Return():
            return _conclude(claim, command)
        case _:
            assert_never(command)


def _pay(claim: ClaimPayments, command: PayDecision) -> Sequence[Event]:
    decision = command.decision
    amount_fen = decision.plan_pays_fen + decision.cash_benefits_fen
    if amount_fen == 0 or decision.decision_id in claim.by_decision:
        return []
    assert decision.plan_id is not None, "an adjudicated claim names its plan"
    payment = Payment(
        payment_id=payment_id_of(decision.decision_id),
        decision_id=decision.decision_id,
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        plan_id=decision.plan_id,
        amount_fen=amount_fen,
        received_at=decision.received_at,
        status="held",
    )
    if command.creditor is not None:
        return [_instructed(payment, command.creditor, command.now)]
    return [
        PaymentHeld(
            person_id=payment.person_id,
            claim_id=payment.claim_id,
            decision_id=payment.decision_id,
            plan_id=payment.plan_id,
            amount_fen=amount_fen,
            reason="no_account",
            received_at=payment.received_at,
        )
    ]


def _instructed(payment: Payment, creditor: str, now: datetime) -> PaymentInstructed:
    return PaymentInstructed(
        person_id=payment.person_id,
        claim_id=payment.claim_id,
        payment_id=payment.payment_id,
        decision_id=payment.decision_id,
        plan_id=payment.plan_id,
        amount_fen=payment.amount_fen,
        end_to_end_id=end_to_end_id_of(payment.payment_id),
        creditor=creditor,
        instructed_at=now,
        received_at=payment.received_at,
        postings=ledger.on_instructed(payment.plan_id, payment.amount_fen),
    )


def _conclude(claim: ClaimPayments, command: Settle | Reject | Return) -> Sequence[Event]:
    payment = claim.of(command.payment_id)
    if payment is None:
        return []
    about = {
        "person_id": payment.person_id,
        "claim_id": payment.claim_id,
        "payment_id": payment.payment_id,
        "decision_id": payment.decision_id,
        "plan_id": payment.plan_id,
        "amount_fen": payment.amount_fen,
    }
    match command:
        case Settle() if payment.status == "instructed":
            return [
                PaymentSettled(
                    **about,
                    bank_reference=command.bank_reference,
                    booked_at=command.booked_at,
                    settled_at=command.now,
                    received_at=payment.received_at,
                    postings=ledger.on_settled(payment.plan_id, payment.amount_fen),
                )
            ]
        case Reject() if payment.status == "instructed":
            postings = ledger.on_rejected(payment.plan_id, payment.amount_fen)
            code = command.reason_code
            return [PaymentRejected(**about, reason_code=code, rejected_at=command.now, postings=postings)]
        case Return() if payment.status == "settled":
            return [
                PaymentReturned(
                    **about,
                    bank_reference=command.bank_reference,
                    reason_code=command.reason_code,
                    returned_at=command.now,
                    postings=ledger.on_returned(payment.plan_id, payment.amount_fen),
                )
            ]
        case _:
            return []


def evolve(claim: ClaimPayments, event: Event) -> ClaimPayments:
    """The state after `event`."""
    match event:
        case PaymentHeld():
            payment_id, status = payment_id_of(event.decision_id), "held"
        case PaymentInstructed():
            payment_id, status = event.payment_id, "instructed"
        case PaymentSettled():
            return _marked(claim, event.decision_id, "settled")
        case PaymentRejected():
            return _marked(claim, event.decision_id, "rejected")
        case PaymentReturned():
            return _marked(claim, event.decision_id, "returned")
        case _:
            raise AssertionError(f"not an event of a claim's payments: {type(event).__name__}")
    payment = Payment(
        payment_id=payment_id,
        decision_id=event.decision_id,
        person_id=event.person_id,
        claim_id=event.claim_id,
        plan_id=event.plan_id,
        amount_fen=event.amount_fen,
        received_at=event.received_at,
        status="held" if status == "held" else "instructed",
    )
    return ClaimPayments({**claim.by_decision, event.decision_id: payment})


def _marked(claim: ClaimPayments, decision_id: str, status: Status) -> ClaimPayments:
    marked = replace(claim.by_decision[decision_id], status=status)
    return ClaimPayments({**claim.by_decision, decision_id: marked})
