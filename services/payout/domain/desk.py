"""What the insurance centre has settled of a claim (一站式): a debt of the pool to the centre, cleared by period.

The person got it at the desk. So nothing of it is paid to them, and nothing that turns out wrong is claimed back.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.payout import DeskSettlementBooked
from services.payout.domain import ledger
from services.payout.domain.account import DeskSettlement
from services.payout.domain.drafting import Draft
from services.payout.domain.ids import booking_id_of

_NONE = DeskSettlement(0, "")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a claim from now on."""

    claim_id: str
    decision_id: str
    number: int
    plan_id: str | None
    due_fen: int
    received_at: datetime
    withdrawn: bool
    desk_fen: int = 0
    desk_reference: str = ""


def book_desk(draft: Draft, standing: Standing) -> None:
    """Owe the centre what the claim's standing decision says that it settled, in its plan alone."""
    desk = {plan: known for (claim, plan), known in draft.account.desk.items() if claim == standing.claim_id}
    now_in = dict.fromkeys(desk, 0)
    if standing.plan_id is not None and (standing.desk_fen or standing.plan_id in desk):
        now_in[standing.plan_id] = standing.desk_fen
    for plan_id in sorted(now_in):
        before = desk.get(plan_id, _NONE)
        if before.settled_fen != now_in[plan_id]:
            draft.add(_booked(draft, standing, plan_id, before, now_in[plan_id]))


def _booked(
    draft: Draft, standing: Standing, plan_id: str, before: DeskSettlement, settled_fen: int
) -> DeskSettlementBooked:
    more_fen = settled_fen - before.settled_fen
    return DeskSettlementBooked(
        person_id=draft.account.person_id,
        claim_id=standing.claim_id,
        booking_id=booking_id_of(standing.decision_id, plan_id, withdrawn=standing.withdrawn),
        decision_id=standing.decision_id,
        plan_id=plan_id,
        reference=standing.desk_reference or before.reference,
        amount_fen=more_fen,
        settled_fen=settled_fen,
        booked_at=draft.now,
        postings=ledger.on_settled_at_desk(plan_id, more_fen),
    )
