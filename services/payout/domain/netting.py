"""What a person is due is kept back against what the person owes the same plan. Whose money it is stays visible.

So of one person and plan there is never both an open clawback and money that could still be kept back.
"""

from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from libs.contracts.payout import ClawbackNetted
from services.payout.domain import ledger
from services.payout.domain.account import Clawback, Payment
from services.payout.domain.drafting import Draft
from services.payout.domain.ids import netting_id_of, rest_id_of


def net_entitlement(draft: Draft, claim_id: str, plan_id: str, decision_id: str, due_fen: int) -> int:
    """Keep back what is due by a decision; returns how much of it is left to pay.

    What was written off of the claim itself is made good too: the person has kept that money. What was written off
    of other claims was given up for good.
    """
    for clawback in draft.account.open_clawbacks(plan_id, first_of=claim_id):
        amount_fen = min(due_fen, clawback.open_fen)
        if amount_fen:
            draft.add(_netted(draft, clawback, claim_id, decision_id, amount_fen))
            due_fen -= amount_fen
    for clawback in list(draft.account.clawbacks.values()):
        amount_fen = min(due_fen, clawback.written_off_fen)
        if amount_fen and clawback.claim_id == claim_id and clawback.plan_id == plan_id:
            draft.add(_netted(draft, clawback, claim_id, decision_id, amount_fen, recovers=True))
            due_fen -= amount_fen
    return due_fen


def net_payments(draft: Draft, plan_id: str, in_files: AbstractSet[str], cause: str) -> None:
    """Keep back what other payments still owe the person, against what the person owes. `cause`: a decision's id."""
    for payment in reversed(list(draft.account.payments.values())):
        if payment.plan_id == plan_id and may_be_cancelled(payment, in_files):
            _net_payment(draft, payment, cause)
    net_unpayable(draft, plan_id)


def net_unpayable(draft: Draft, plan_id: str) -> None:
    """Keep back what was rejected or came back: it is owed, and nobody can pay it."""
    for payment in list(draft.account.payments.values()):
        for clawback in draft.account.open_clawbacks(plan_id, first_of=payment.claim_id):
            known = draft.account.payments[payment.payment_id]
            amount_fen = min(known.unpayable_fen, clawback.open_fen)
            if known.plan_id == plan_id and amount_fen:
                draft.add(_netted(draft, clawback, known.claim_id, known.decision_id, amount_fen, known))


def may_be_cancelled(payment: Payment, in_files: AbstractSet[str]) -> bool:
    """A payment that no file carries: nobody can have sent it."""
    if payment.status == "instructed":
        return payment.payment_id not in in_files
    return payment.status == "held"


def _net_payment(draft: Draft, payment: Payment, cause: str) -> None:
    owing = draft.account.open_clawbacks(payment.plan_id, first_of=payment.claim_id)
    if not owing:
        return
    draft.cancel(payment, "netted", cause)
    left_fen = payment.amount_fen
    for clawback in owing:
        amount_fen = min(left_fen, clawback.open_fen)
        if amount_fen:
            draft.add(
                _netted(draft, clawback, payment.claim_id, payment.decision_id, amount_fen, money=payment)
            )
            left_fen -= amount_fen
    if left_fen:
        draft.pay(replace(payment, payment_id=rest_id_of(payment.payment_id), amount_fen=left_fen))


def _netted(
    draft: Draft,
    clawback: Clawback,
    claim_id: str,
    decision_id: str,
    amount_fen: int,
    unpayable: Payment | None = None,
    *,
    money: Payment | None = None,
    recovers: bool = False,
) -> ClawbackNetted:
    source = unpayable or money
    return ClawbackNetted(
        person_id=draft.account.person_id,
        claim_id=claim_id,
        netting_id=netting_id_of(clawback.clawback_id, source.payment_id if source else decision_id),
        clawback_id=clawback.clawback_id,
        clawback_claim_id=clawback.claim_id,
        decision_id=decision_id,
        payment_id=unpayable.payment_id if unpayable else None,
        plan_id=clawback.plan_id,
        amount_fen=amount_fen,
        recovers_write_off=recovers,
        netted_at=draft.now,
        postings=ledger.on_netted(
            clawback.plan_id, amount_fen, unpayable=unpayable is not None, written_off=recovers
        ),
    )
