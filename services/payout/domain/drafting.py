"""Events of one decision, drafted one after the other: each is decided on what the ones before it did."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from libs.contracts import Event
from libs.contracts.payout import PaymentCancelled, PaymentHeld, PaymentInstructed
from services.payout.domain import ledger
from services.payout.domain.account import Account, Payment, evolve
from services.payout.domain.ids import end_to_end_id_of


@dataclass(slots=True)
class Draft:
    """The account as it will be, and the events that make it so. `creditor` None: what is due is held."""

    account: Account
    now: datetime
    creditor: str | None = None
    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Let an event have happened."""
        self.account = evolve(self.account, event)
        self.events.append(event)

    def pay(self, payment: Payment) -> None:
        """Instruct a payment, or hold it while no account is known."""
        if self.creditor is None:
            held = PaymentHeld(
                person_id=self.account.person_id,
                claim_id=payment.claim_id,
                decision_id=payment.decision_id,
                plan_id=payment.plan_id,
                amount_fen=payment.amount_fen,
                reason="no_account",
                received_at=payment.received_at,
                payment_id=payment.payment_id,
            )
            self.add(held)
        else:
            self.add(instructed(self.account.person_id, payment, self.creditor, self.now))

    def cancel(self, payment: Payment, reason: Literal["less_is_due", "netted"], cause: str) -> None:
        """A payment that has not been fixed in a file is not made. `cause`: the decision that led to it."""
        booked = payment.status == "instructed"
        cancelled = PaymentCancelled(
            **about(self.account.person_id, payment),
            reason=reason,
            caused_by_decision_id=cause,
            cancelled_at=self.now,
            postings=ledger.on_cancelled(payment.plan_id, payment.amount_fen) if booked else (),
        )
        self.add(cancelled)


def about(person_id: str, payment: Payment) -> dict[str, Any]:
    """The fields that every event of a payment starts with."""
    return {
        "person_id": person_id,
        "claim_id": payment.claim_id,
        "payment_id": payment.payment_id,
        "decision_id": payment.decision_id,
        "plan_id": payment.plan_id,
        "amount_fen": payment.amount_fen,
    }


def instructed(person_id: str, payment: Payment, creditor: str, now: datetime) -> PaymentInstructed:
    """The payment may go into a file."""
    return PaymentInstructed(
        **about(person_id, payment),
        end_to_end_id=end_to_end_id_of(payment.payment_id),
        creditor=creditor,
        instructed_at=now,
        received_at=payment.received_at,
        postings=ledger.on_instructed(payment.plan_id, payment.amount_fen),
    )
