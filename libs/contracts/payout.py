"""What payout publishes: payments, the files that carried them, and what the bank said."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Event, Fen, Model, Sealed


class LedgerPosting(Model):
    """One side of a double entry; the postings of an event sum to zero."""

    account: str
    amount_fen: int = Field(description="debit positive, credit negative")


class PaymentInstructed(ClaimEvent):
    """One decision, one payment: the payment's id is derived from the decision's."""

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    end_to_end_id: str = Field(max_length=35)
    creditor: Sealed = Field(description="the coverage's sealed identity, context CoverageActivated.identity")
    instructed_at: datetime
    received_at: datetime = Field(description="when the discharge came in: the patient waits since then")
    postings: tuple[LedgerPosting, ...]


class PaymentHeld(ClaimEvent):
    """A decision pays, but no account is known to pay it to."""

    decision_id: str
    plan_id: str
    amount_fen: Fen
    reason: Literal["no_account"]
    received_at: datetime


class PaymentFileClosed(Event):
    """The content of one pain.001 file is fixed before it is sent, so a crash re-sends the same file."""

    file_id: str
    message_id: str = Field(max_length=35)
    payment_ids: tuple[str, ...]
    total_fen: Fen
    closed_at: datetime

    def shard_key(self) -> str:
        return self.file_id

    def subject(self) -> str:
        return f"payment-file-{self.file_id}"


class PaymentSettled(ClaimEvent):
    """The bank booked the payment (camt.054)."""

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    bank_reference: str
    booked_at: datetime
    settled_at: datetime
    received_at: datetime = Field(
        description="when the discharge came in: cash minus this is the patient's wait"
    )
    postings: tuple[LedgerPosting, ...]


class PaymentRejected(ClaimEvent):
    """The bank refused the payment (pain.002 RJCT)."""

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    reason_code: str = Field(description="external status reason code, or ERASED")
    rejected_at: datetime
    postings: tuple[LedgerPosting, ...]


class PaymentReturned(ClaimEvent):
    """A booked payment came back (camt.054 credit with a return reason)."""

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    bank_reference: str
    reason_code: str
    returned_at: datetime
    postings: tuple[LedgerPosting, ...]
