"""One liability on one bill: cost caps, cost scale, deductible, bands, caps on payment, what others left."""

from libs.benefits.bands import pay_bands, scale_for
from libs.benefits.caps import Scope, cap_cost, cap_paid
from libs.benefits.case import Member
from libs.benefits.deductible import take_deductible
from libs.benefits.outcome import LiabilityOutcome
from libs.benefits.selection import Taken
from libs.benefits.terms import CostScale
from libs.money import round_bp


def settle(scope: Scope, member: Member, taken: list[Taken], limit_fen: int) -> LiabilityOutcome:
    """Settles the cost this liability took and records its use of the year's balances in the scope's ledger.

    `limit_fen` is what all other payers and the liabilities before this one left of the bill.
    """
    liability, ledger = scope.liability, scope.ledger
    base_fen = sum(each.amount_fen for each in taken)
    counted, cost_cuts = cap_cost(scope, taken)
    counted_fen = sum(each.amount_fen for each in counted)
    scales = tuple(scale for scale in liability.scales if scale.when.holds(scope.facts))
    cost_fen = _scaled(counted_fen, scales)
    deductible = take_deductible(scope.plan, liability, member, scope.facts, ledger, cost_fen)
    covered_fen = cost_fen - deductible.taken_fen
    start_fen = ledger.base(liability.id) + deductible.taken_fen
    if liability.pays.measured_on == "excess":
        start_fen = ledger.base(liability.id) - ledger.deductible(liability.id)
    scale = scale_for(liability.pays, scope.facts)
    rounding = scope.plan.rounding
    bands = pay_bands(scale.bands, start_fen, covered_fen, rounding.unit_fen, rounding.mode)
    formula_fen = min(covered_fen, sum(band.paid_fen for band in bands))
    paid_fen, paid_cuts, limited_fen = cap_paid(scope, counted, formula_fen, limit_fen)
    ledger.record(liability.id, cost_fen, deductible.taken_fen, paid_fen)
    return LiabilityOutcome(
        bill_id=scope.bill.id,
        liability_id=liability.id,
        base_fen=base_fen,
        scaled_out_fen=counted_fen - cost_fen,
        deductible=deductible,
        measured_on=liability.pays.measured_on,
        bands=bands,
        rules=(*scales, *scale.rules),
        coinsurance_fen=covered_fen - formula_fen,
        cuts=(*cost_cuts, *paid_cuts),
        limited_by_others_fen=limited_fen,
        paid_fen=paid_fen,
    )


def _scaled(cost_fen: int, scales: tuple[CostScale, ...]) -> int:
    for scale in scales:
        cost_fen = round_bp(cost_fen * scale.keep_bp)
    return cost_fen
