"""What the bank refused or sent back is paid again, to a corrected account, when two people agree; never twice.

The old payment is owed no longer and a new one takes its place, in one transaction: what the claim was provided stays.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.payout import PayAgainApproved, PayAgainProposed, UnpayableReduced
from services.payout.domain import ledger
from services.payout.domain.account import Account, Payment
from services.payout.domain.commands import ApprovePayAgain, ProposePayAgain
from services.payout.domain.drafting import Draft, about
from services.payout.domain.errors import NothingProposed, NothingUnpayable, PaymentUnknown, ProposerApproves
from services.payout.domain.ids import again_id_of


def propose_pay_again(account: Account, command: ProposePayAgain) -> Sequence[Event]:
    """The proposal; a later one takes the place of it. Raises PaymentUnknown, NothingUnpayable."""
    payment = _unpayable(account, command.payment_id)
    fields = about(account.person_id, payment) | {"amount_fen": payment.unpayable_fen}
    return [
        PayAgainProposed(**fields, creditor=command.creditor, proposed_by=command.by, proposed_at=command.now)
    ]


def approve_pay_again(account: Account, command: ApprovePayAgain) -> Sequence[Event]:
    """The approval and the new payment. Approved again it changes nothing.

    Raises PaymentUnknown, NothingUnpayable, NothingProposed when what is owed has changed since, ProposerApproves.
    """
    paid_as = again_id_of(command.payment_id)
    if paid_as in account.payments:
        return []
    payment = _unpayable(account, command.payment_id)
    proposal = account.proposals.get(payment.payment_id)
    if proposal is None or proposal.amount_fen != payment.unpayable_fen:
        raise NothingProposed(payment.payment_id)
    if proposal.by == command.by:
        raise ProposerApproves(command.by)
    fields = about(account.person_id, payment) | {"amount_fen": proposal.amount_fen}
    draft = Draft(account, command.now, proposal.creditor)
    draft.add(
        PayAgainApproved(
            **fields,
            paid_as=paid_as,
            proposed_by=proposal.by,
            approved_by=command.by,
            approved_at=command.now,
        )
    )
    draft.add(
        UnpayableReduced(
            **fields,
            caused_by_decision_id=payment.decision_id,
            reason="paid_again",
            reduced_at=command.now,
            postings=ledger.on_unpayable_reduced(payment.plan_id, proposal.amount_fen),
        )
    )
    again = replace(payment, payment_id=paid_as, amount_fen=proposal.amount_fen, reduced_fen=0, netted_fen=0)
    draft.pay(again)
    return draft.events


def _unpayable(account: Account, payment_id: str) -> Payment:
    payment = account.payments.get(payment_id)
    if payment is None:
        raise PaymentUnknown(payment_id)
    if not payment.unpayable_fen:
        raise NothingUnpayable(payment_id, payment.status)
    return payment
