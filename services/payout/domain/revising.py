"""A claim is due what its standing decision says: only the difference to what was provided moves.

Less due: what has not left is not paid, what could not be paid is owed no longer, the rest is claimed back. More due:
what the person owes the plan is kept back, the rest is paid. Plans are pools of their own: nothing moves between them.
What the insurance centre has settled of a claim is owed to the centre and never moves between pool and person.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from libs.contracts import Event
from libs.contracts.payout import ClawbackRaised, EntitlementRevised, UnpayableReduced
from services.payout.domain import ledger
from services.payout.domain.account import Account, Payment
from services.payout.domain.commands import PayDecision, WithdrawEntitlement
from services.payout.domain.desk import Standing, book_desk
from services.payout.domain.drafting import Draft
from services.payout.domain.heard import Adjudicated
from services.payout.domain.ids import clawback_id_of, payment_id_of
from services.payout.domain.netting import may_be_cancelled, net_entitlement, net_payments


def revise(account: Account, command: PayDecision | WithdrawEntitlement) -> Sequence[Event]:
    """What follows from a claim's newest decision, or from its having none. One heard before changes nothing."""
    standing = _of_decision(command) if isinstance(command, PayDecision) else _of_withdrawal(command)
    known = account.claims.get(standing.claim_id)
    if known is None and (standing.due_fen + standing.desk_fen == 0 or standing.plan_id is None):
        return []
    if known is not None and _is_heard(known.number, standing, known_withdrawn=known.withdrawn):
        return []
    draft = Draft(account, command.now, command.creditor)
    plan_id = standing.plan_id
    owes = plan_id is not None and bool(account.open_clawbacks(plan_id))
    if known is not None or standing.number > 1 or owes or standing.desk_fen:
        draft.add(_revised(account, standing, known.due_fen if known else 0, command.now))
    book_desk(draft, standing)
    due_in = dict.fromkeys(account.plans_of(standing.claim_id), 0)
    if plan_id is not None:
        due_in[plan_id] = standing.due_fen
    differences = {
        plan: due_fen - account.provided_fen(standing.claim_id, plan) for plan, due_fen in due_in.items()
    }
    for plan in sorted(differences):
        if differences[plan] < 0:
            _lower(draft, standing, plan, -differences[plan], command.in_files)
    for plan in sorted(differences):
        if differences[plan] > 0:
            _raise(draft, standing, plan, differences[plan])
    return draft.events


def _of_decision(command: PayDecision) -> Standing:
    decision = command.decision
    due_fen = desk_fen = 0
    reference = ""
    if isinstance(decision, Adjudicated):
        desk_fen = decision.settled_at_desk_fen
        reference = decision.one_stop.reference if decision.one_stop is not None else ""
        due_fen = decision.plan_pays_fen + decision.cash_benefits_fen - desk_fen
        assert decision.plan_id is not None, "an adjudicated claim names its plan"
    return Standing(
        decision.claim_id,
        decision.decision_id,
        decision.number,
        decision.plan_id,
        due_fen,
        decision.received_at,
        withdrawn=False,
        desk_fen=desk_fen,
        desk_reference=reference,
    )


def _of_withdrawal(command: WithdrawEntitlement) -> Standing:
    undone = command.reversed
    return Standing(
        undone.claim_id,
        undone.decision_id,
        undone.number,
        undone.plan_id,
        0,
        undone.received_at,
        withdrawn=True,
    )


def _is_heard(known_number: int, standing: Standing, *, known_withdrawn: bool) -> bool:
    if standing.withdrawn and not known_withdrawn:
        return standing.number < known_number
    return standing.number <= known_number


def _revised(account: Account, standing: Standing, before_fen: int, now: datetime) -> EntitlementRevised:
    return EntitlementRevised(
        person_id=account.person_id,
        claim_id=standing.claim_id,
        decision_id=standing.decision_id,
        number=standing.number,
        plan_id=standing.plan_id,
        before_fen=before_fen,
        due_fen=standing.due_fen,
        withdrawn=standing.withdrawn,
        received_at=standing.received_at,
        revised_at=now,
    )


def _raise(draft: Draft, standing: Standing, plan_id: str, by_fen: int) -> None:
    left_fen = net_entitlement(draft, standing.claim_id, plan_id, standing.decision_id, by_fen)
    if left_fen:
        draft.pay(_payment(standing, plan_id, left_fen))


def _lower(draft: Draft, standing: Standing, plan_id: str, by_fen: int, in_files: AbstractSet[str]) -> None:
    own = [
        payment
        for payment in reversed(list(draft.account.payments.values()))
        if payment.claim_id == standing.claim_id and payment.plan_id == plan_id
    ]
    for payment in own:
        if by_fen > 0 and may_be_cancelled(payment, in_files):
            draft.cancel(payment, "less_is_due", standing.decision_id)
            by_fen -= payment.amount_fen
    if by_fen < 0:
        draft.pay(_payment(standing, plan_id, -by_fen))
    for payment in own:
        reduced_fen = min(max(by_fen, 0), payment.unpayable_fen)
        if reduced_fen:
            draft.add(_reduced(draft, payment, reduced_fen, standing.decision_id))
            by_fen -= reduced_fen
    if by_fen > 0:
        draft.add(_raised(draft, standing, plan_id, by_fen))
        net_payments(draft, plan_id, in_files, standing.decision_id)


def _payment(standing: Standing, plan_id: str, amount_fen: int) -> Payment:
    return Payment(
        payment_id=payment_id_of(standing.decision_id),
        decision_id=standing.decision_id,
        claim_id=standing.claim_id,
        plan_id=plan_id,
        amount_fen=amount_fen,
        received_at=standing.received_at,
        status="held",
    )


def _reduced(draft: Draft, payment: Payment, amount_fen: int, cause: str) -> UnpayableReduced:
    return UnpayableReduced(
        person_id=draft.account.person_id,
        claim_id=payment.claim_id,
        payment_id=payment.payment_id,
        decision_id=payment.decision_id,
        plan_id=payment.plan_id,
        amount_fen=amount_fen,
        caused_by_decision_id=cause,
        reduced_at=draft.now,
        postings=ledger.on_unpayable_reduced(payment.plan_id, amount_fen),
    )


def _raised(draft: Draft, standing: Standing, plan_id: str, amount_fen: int) -> ClawbackRaised:
    return ClawbackRaised(
        person_id=draft.account.person_id,
        claim_id=standing.claim_id,
        clawback_id=clawback_id_of(standing.decision_id, plan_id, withdrawn=standing.withdrawn),
        decision_id=standing.decision_id,
        plan_id=plan_id,
        amount_fen=amount_fen,
        reason="withdrawn" if standing.withdrawn else "redecided",
        raised_at=draft.now,
        postings=ledger.on_raised(plan_id, amount_fen),
    )
