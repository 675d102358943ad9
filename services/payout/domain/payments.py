"""A person's payments. decide(account, command) -> events; no sequence of commands pays or claims anything twice."""

from collections.abc import Sequence
from typing import assert_never

from libs.contracts import Event
from libs.contracts.payout import PaymentRejected, PaymentReturned, PaymentSettled
from services.payout.domain import ledger
from services.payout.domain.account import Account, Payment
from services.payout.domain.collecting import record_repayment, write_off
from services.payout.domain.commands import (
    ApprovePayAgain,
    Command,
    HearAppeal,
    PayDecision,
    ProposePayAgain,
    RecordRepayment,
    Reject,
    ReleaseHeld,
    Return,
    Settle,
    WithdrawEntitlement,
    WriteOff,
)
from services.payout.domain.drafting import Draft, about, instructed
from services.payout.domain.netting import net_unpayable
from services.payout.domain.paying_again import approve_pay_again, propose_pay_again
from services.payout.domain.revising import revise
from services.payout.domain.staying import hear_appeal


def decide(account: Account, command: Command) -> Sequence[Event]:
    """What follows from a command; one that repeats or comes too late changes nothing.

    Raises a ClawbackError or a PayAgainError for what an operator may not do.
    """
    match command:
        case PayDecision() | WithdrawEntitlement():
            return revise(account, command)
        case HearAppeal():
            return hear_appeal(account, command)
        case ReleaseHeld(claim_id=claim_id, creditor=creditor, now=now):
            held = [p for p in account.payments.values() if p.status == "held" and p.claim_id == claim_id]
            return [instructed(account.person_id, payment, creditor, now) for payment in held]
        case Settle() | Reject() | Return():
            return _conclude(account, command)
        case RecordRepayment():
            return record_repayment(account, command)
        case WriteOff():
            return write_off(account, command)
        case ProposePayAgain():
            return propose_pay_again(account, command)
        case ApprovePayAgain():
            return approve_pay_again(account, command)
        case _:
            assert_never(command)


def _conclude(account: Account, command: Settle | Reject | Return) -> Sequence[Event]:
    payment = account.payments.get(command.payment_id)
    if payment is None:
        return []
    event = _concluded(account.person_id, payment, command)
    if event is None:
        return []
    draft = Draft(account, command.now)
    draft.add(event)
    net_unpayable(draft, payment.plan_id)
    return draft.events


def _concluded(person_id: str, payment: Payment, command: Settle | Reject | Return) -> Event | None:
    fields = about(person_id, payment)
    match command:
        case Settle() if payment.status == "instructed":
            return PaymentSettled(
                **fields,
                bank_reference=command.bank_reference,
                booked_at=command.booked_at,
                settled_at=command.now,
                received_at=payment.received_at,
                postings=ledger.on_settled(payment.plan_id, payment.amount_fen),
            )
        case Reject() if payment.status == "instructed":
            postings = ledger.on_rejected(payment.plan_id, payment.amount_fen)
            code = command.reason_code
            return PaymentRejected(**fields, reason_code=code, rejected_at=command.now, postings=postings)
        case Return() if payment.status == "settled":
            return PaymentReturned(
                **fields,
                bank_reference=command.bank_reference,
                reason_code=command.reason_code,
                returned_at=command.now,
                postings=ledger.on_returned(payment.plan_id, payment.amount_fen),
            )
        case _:
            return None
