"""What payout publishes: what is due, payments, the files that carried them, what the bank said, and clawbacks."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Event, Fen, Model, Sealed


class LedgerPosting(Model):
    """One side of a double entry; the postings of an event sum to zero."""

    account: str
    amount_fen: int = Field(description="debit positive, credit negative")


class EntitlementRevised(ClaimEvent):
    """A claim's standing decision is another now, or none: what it is due has changed, and only the difference moves.

    A claim's first decision is said by its payment alone, unless something of it is netted.
    """

    decision_id: str = Field(
        description="the decision that stands now; the reversed one of a withdrawn claim"
    )
    number: int = Field(ge=1)
    plan_id: str | None
    before_fen: Fen
    due_fen: Fen
    withdrawn: bool
    received_at: datetime
    revised_at: datetime


class DeskSettlementBooked(ClaimEvent):
    """The insurance centre has settled another sum of a claim than was booked: the pool owes it to the centre.

    The pool clears with the centre by period; what the centre settled too much is settled with it, too.
    """

    booking_id: str
    decision_id: str = Field(
        description="the decision that stands now; the reversed one of a withdrawn claim"
    )
    plan_id: str
    reference: str = Field(description="the centre's own id of what it settled")
    amount_fen: int = Field(description="what more is owed to the centre than before; negative: less")
    settled_fen: Fen = Field(description="what the centre is owed of the claim now")
    booked_at: datetime
    postings: tuple[LedgerPosting, ...]


class PaymentInstructed(ClaimEvent):
    """What a decision pays, or pays more than the one before: the payment's id is derived from the decision's.

    A payment that takes the place of a cancelled one has an id derived from that one's.
    """

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
    payment_id: str | None = Field(default=None, description="None: the one derived from the decision's id")


class PaymentCancelled(ClaimEvent):
    """A payment that no file carries yet is not made: less is due, or the person owes the pool.

    What is still to be paid of it is instructed as another payment.
    """

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    reason: Literal["less_is_due", "netted"]
    caused_by_decision_id: str
    cancelled_at: datetime
    postings: tuple[LedgerPosting, ...] = Field(description="none when the payment was only held")


class PaymentsStayed(ClaimEvent):
    """An appeal stays what has not left of a claim's payments: no file takes them up before it is concluded."""

    appeal_id: str
    stayed_at: datetime


class StayLifted(ClaimEvent):
    """The appeal is concluded: what is due by now may leave."""

    appeal_id: str
    lifted_at: datetime


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


class UnpayableReduced(ClaimEvent):
    """Of a payment that was rejected or came back less is due by now."""

    payment_id: str
    decision_id: str
    plan_id: str
    amount_fen: Fen
    caused_by_decision_id: str
    reason: Literal["less_is_due", "paid_again"] = Field(
        default="less_is_due", description="paid_again: another payment takes its place, nothing less is due"
    )
    reduced_at: datetime
    postings: tuple[LedgerPosting, ...]


class PayAgainProposed(ClaimEvent):
    """What the bank refused or sent back should be paid again, to a corrected account. Another person has to agree."""

    payment_id: str = Field(description="the payment that was rejected or came back")
    decision_id: str
    plan_id: str
    amount_fen: Fen = Field(description="what is still owed of it")
    creditor: Sealed = Field(
        description="the person's identity with the corrected account, context CoverageActivated.identity"
    )
    proposed_by: str = Field(description="id of the member of staff, never a name")
    proposed_at: datetime


class PayAgainApproved(ClaimEvent):
    """A second person has agreed; the payment that takes the other's place is instructed in the same transaction."""

    payment_id: str = Field(description="the payment that was rejected or came back; it is paid again once")
    paid_as: str = Field(description="the id of the new payment, derived from it")
    decision_id: str
    plan_id: str
    amount_fen: Fen
    proposed_by: str
    approved_by: str = Field(description="another member of staff")
    approved_at: datetime


class ClawbackRaised(ClaimEvent):
    """Less is due than was paid: the person owes the difference to the pool (追回)."""

    clawback_id: str
    decision_id: str = Field(description="the decision by which less is due; the reversed one when withdrawn")
    plan_id: str
    amount_fen: Fen
    reason: Literal["redecided", "withdrawn"]
    raised_at: datetime
    postings: tuple[LedgerPosting, ...]


class ClawbackNetted(ClaimEvent):
    """What the claim of this event is due was kept back against a clawback of the same person and plan."""

    netting_id: str
    clawback_id: str
    clawback_claim_id: str
    decision_id: str = Field(description="the decision whose money it is")
    payment_id: str | None = Field(description="the rejected or returned payment whose money it is, if any")
    plan_id: str
    amount_fen: Fen
    recovers_write_off: bool = Field(description="the clawback had been written off; the loss shrinks")
    netted_at: datetime
    postings: tuple[LedgerPosting, ...]


class ClawbackRepaid(ClaimEvent):
    """The person has paid back; a person has recorded it."""

    clawback_id: str
    repayment_id: str
    plan_id: str
    amount_fen: Fen
    reference: str = Field(max_length=64, description="of the transfer or receipt; makes the record unique")
    repaid_on: date
    recorded_by: str
    recorded_at: datetime
    postings: tuple[LedgerPosting, ...]


class ClawbackWrittenOff(ClaimEvent):
    """A person has decided that what is open will not be collected."""

    clawback_id: str
    plan_id: str
    amount_fen: Fen
    reason: Literal["deceased", "hardship", "not_worth_collecting", "our_mistake", "uncollectable"]
    written_off_by: str
    written_off_at: datetime
    postings: tuple[LedgerPosting, ...]
