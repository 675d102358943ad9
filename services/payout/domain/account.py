"""What payout knows of one person: what each claim is due, the payments made of it, and what the person owes."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    DeskSettlementBooked,
    EntitlementRevised,
    PayAgainApproved,
    PayAgainProposed,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    PaymentsStayed,
    StayLifted,
    UnpayableReduced,
)
from services.payout.domain.ids import payment_id_of

Status = Literal["held", "instructed", "cancelled", "settled", "rejected", "returned"]

FOLD_VERSION: Final = 1
"""Of `evolve` and of what a state holds. A snapshot of another version is not read: raise it with whatever changes what
the same events are folded to (`tests/contract/test_fold_versions.py` says when)."""

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Entitlement(Struct, frozen=True):
    """What a claim is due by its standing decision; nothing once it is withdrawn."""

    decision_id: str
    number: int
    plan_id: str | None
    due_fen: int
    withdrawn: bool = False


class Payment(Struct, frozen=True):
    """What became of one payment. `reduced_fen` and `netted_fen` are taken off it once it could not be paid."""

    payment_id: str
    decision_id: str
    claim_id: str
    plan_id: str
    amount_fen: int
    received_at: datetime
    status: Status
    reduced_fen: int = 0
    netted_fen: int = 0

    @property
    def provided_fen(self) -> int:
        """What it stands for of its claim's entitlement, paid or still owed."""
        return 0 if self.status == "cancelled" else self.amount_fen - self.reduced_fen

    @property
    def unpayable_fen(self) -> int:
        """What is owed of it and cannot be paid."""
        if self.status not in ("rejected", "returned"):
            return 0
        return self.amount_fen - self.reduced_fen - self.netted_fen


class Clawback(Struct, frozen=True):
    """What the person owes the pool for a claim that was paid too much."""

    clawback_id: str
    claim_id: str
    plan_id: str
    amount_fen: int
    open_fen: int
    written_off_fen: int = 0
    repayments: Mapping[str, int] = _NONE


class DeskSettlement(Struct, frozen=True):
    """What the pool owes the insurance centre for a claim that it has settled itself."""

    settled_fen: int
    reference: str


class Proposal(Struct, frozen=True):
    """That a payment which could not be made is paid again: how much of it, to whom (sealed), who says so."""

    amount_fen: int
    creditor: str
    by: str


class Account(Struct, frozen=True):
    """One person's stream, folded.

    `netted_fen`: what was kept back, by the claim and plan that it was due of. `stays`: the appeal that stays a claim.
    `desk`: what the insurance centre has settled, by claim and plan; never the person's to get or to pay back.
    `proposals`: to pay again, by the payment that could not be paid; the newest of each.
    """

    person_id: str
    claims: Mapping[str, Entitlement] = _NONE
    payments: Mapping[str, Payment] = _NONE
    clawbacks: Mapping[str, Clawback] = _NONE
    netted_fen: Mapping[tuple[str, str], int] = _NONE
    stays: Mapping[str, str] = _NONE
    desk: Mapping[tuple[str, str], DeskSettlement] = _NONE
    proposals: Mapping[str, Proposal] = _NONE

    def provided_fen(self, claim_id: str, plan_id: str) -> int:
        """What the person has got, is getting or is owed for a claim from a plan, less what was claimed back."""
        paid = sum(p.provided_fen for p in self.payments.values() if _is_of(p, claim_id, plan_id))
        raised = sum(c.amount_fen for c in self.clawbacks.values() if _is_of(c, claim_id, plan_id))
        return paid + self.netted_fen.get((claim_id, plan_id), 0) - raised

    def plans_of(self, claim_id: str) -> set[str]:
        """The plans that have provided something for a claim."""
        paid = {p.plan_id for p in self.payments.values() if p.claim_id == claim_id}
        return paid | {plan_id for known, plan_id in self.netted_fen if known == claim_id}

    def open_clawbacks(self, plan_id: str, first_of: str = "") -> list[Clawback]:
        """What the person owes a plan, the claim `first_of` first, then the oldest."""
        found = [c for c in self.clawbacks.values() if c.plan_id == plan_id and c.open_fen]
        return sorted(found, key=lambda clawback: clawback.claim_id != first_of)


def initial(stream_id: str) -> Account:
    """The state before a person's first payment event."""
    return Account(stream_id.removeprefix("person-"))


def evolve(account: Account, event: Event) -> Account:  # noqa: C901 - one flat case per event type
    """The state after `event`."""
    match event:
        case EntitlementRevised():
            entitled = Entitlement(
                event.decision_id, event.number, event.plan_id, event.due_fen, event.withdrawn
            )
            return replace(account, claims={**account.claims, event.claim_id: entitled})
        case DeskSettlementBooked():
            settled = DeskSettlement(event.settled_fen, event.reference)
            return replace(account, desk={**account.desk, (event.claim_id, event.plan_id): settled})
        case PaymentHeld() | PaymentInstructed():
            return _with_payment(account, event)
        case PaymentSettled():
            return _marked(account, event.payment_id, "settled")
        case PaymentRejected():
            return _marked(account, event.payment_id, "rejected")
        case PaymentReturned():
            return _marked(account, event.payment_id, "returned")
        case PaymentCancelled():
            return _marked(account, event.payment_id, "cancelled")
        case PaymentsStayed():
            return replace(account, stays={**account.stays, event.claim_id: event.appeal_id})
        case StayLifted():
            stays = {claim: appeal for claim, appeal in account.stays.items() if claim != event.claim_id}
            return replace(account, stays=stays)
        case UnpayableReduced():
            payment = account.payments[event.payment_id]
            return _put(account, replace(payment, reduced_fen=payment.reduced_fen + event.amount_fen))
        case PayAgainProposed():
            proposal = Proposal(event.amount_fen, event.creditor, event.proposed_by)
            return replace(account, proposals={**account.proposals, event.payment_id: proposal})
        case PayAgainApproved():
            others = {key: kept for key, kept in account.proposals.items() if key != event.payment_id}
            return replace(account, proposals=others)
        case ClawbackRaised():
            amount_fen = event.amount_fen
            raised = Clawback(event.clawback_id, event.claim_id, event.plan_id, amount_fen, amount_fen)
            return replace(account, clawbacks={**account.clawbacks, event.clawback_id: raised})
        case ClawbackNetted():
            return _with_netting(account, event)
        case ClawbackRepaid():
            clawback = account.clawbacks[event.clawback_id]
            repayments = {**clawback.repayments, event.repayment_id: event.amount_fen}
            open_fen = clawback.open_fen - event.amount_fen
            return _owing(account, replace(clawback, open_fen=open_fen, repayments=repayments))
        case ClawbackWrittenOff():
            clawback = account.clawbacks[event.clawback_id]
            open_fen = clawback.open_fen - event.amount_fen
            lost_fen = clawback.written_off_fen + event.amount_fen
            return _owing(account, replace(clawback, open_fen=open_fen, written_off_fen=lost_fen))
        case _:
            raise AssertionError(f"not an event of a person's payments: {type(event).__name__}")


def _is_of(part: Payment | Clawback, claim_id: str, plan_id: str) -> bool:
    return part.claim_id == claim_id and part.plan_id == plan_id


def _with_payment(account: Account, event: PaymentHeld | PaymentInstructed) -> Account:
    payment = Payment(
        payment_id=event.payment_id or payment_id_of(event.decision_id),
        decision_id=event.decision_id,
        claim_id=event.claim_id,
        plan_id=event.plan_id,
        amount_fen=event.amount_fen,
        received_at=event.received_at,
        status="held" if isinstance(event, PaymentHeld) else "instructed",
    )
    # The payment of a claim's first decision says by itself what the claim is due.
    first = Entitlement(event.decision_id, 1, event.plan_id, event.amount_fen)
    claims = {event.claim_id: first, **account.claims}
    return replace(_put(account, payment), claims=claims)


def _with_netting(account: Account, event: ClawbackNetted) -> Account:
    clawback = account.clawbacks[event.clawback_id]
    if event.recovers_write_off:
        paid = replace(clawback, written_off_fen=clawback.written_off_fen - event.amount_fen)
    else:
        paid = replace(clawback, open_fen=clawback.open_fen - event.amount_fen)
    account = _owing(account, paid)
    if event.payment_id is not None:
        payment = account.payments[event.payment_id]
        return _put(account, replace(payment, netted_fen=payment.netted_fen + event.amount_fen))
    key = (event.claim_id, event.plan_id)
    netted = {**account.netted_fen, key: account.netted_fen.get(key, 0) + event.amount_fen}
    return replace(account, netted_fen=netted)


def _marked(account: Account, payment_id: str, status: Status) -> Account:
    return _put(account, replace(account.payments[payment_id], status=status))


def _put(account: Account, payment: Payment) -> Account:
    return replace(account, payments={**account.payments, payment.payment_id: payment})


def _owing(account: Account, clawback: Clawback) -> Account:
    return replace(account, clawbacks={**account.clawbacks, clawback.clawback_id: clawback})
