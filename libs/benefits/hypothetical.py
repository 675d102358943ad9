"""Settles the uninsured as if a basic cover had paid, so that the plan bears only its own layer."""

from libs.benefits.caps import Scope
from libs.benefits.case import Bill, Member, Usage
from libs.benefits.conditions import Facts
from libs.benefits.ledger import Ledger
from libs.benefits.plan import Hypothetical, Plan
from libs.benefits.portions import Portion, reduce_in_proportion
from libs.benefits.selection import Excluded, Taken
from libs.benefits.settle import settle


def as_if_settled(
    plan: Plan,
    hypothetical: Hypothetical,
    member: Member,
    bill: Bill,
    facts: Facts,
    portions: list[Portion],
    paid_before_fen: int,
) -> tuple[list[Portion], list[Excluded]]:
    """In-scope portions after the layers that would have paid; what they would have paid stays with the patient.

    What a lower cover of their own really paid (`paid_before_fen`) is not subtracted twice. The layers' own yearly
    balances start at zero on each bill, because nobody keeps them for people outside basic insurance.
    """
    in_scope = [portion for portion in portions if portion.bucket == "in_scope"]
    left_fen = sum(portion.amount_fen for portion in in_scope) + paid_before_fen
    ledger = Ledger(plan, Usage())
    would_pay_fen = 0
    for layer in hypothetical.layers:
        scope = Scope(plan, layer, bill, facts, ledger)
        paid_fen = settle(scope, member, [Taken(None, left_fen)], left_fen).paid_fen if left_fen else 0
        left_fen -= paid_fen
        would_pay_fen += paid_fen
    cut_fen = min(max(0, would_pay_fen - paid_before_fen), sum(portion.amount_fen for portion in in_scope))
    if not cut_fen:
        return portions, []
    rest = [portion for portion in portions if portion.bucket != "in_scope"]
    kept = reduce_in_proportion(in_scope, cut_fen)
    whole = Portion("in_scope", None, None, cut_fen)
    return [*kept, *rest], [Excluded(bill.id, whole, cut_fen, "hypothetical_settlement")]
