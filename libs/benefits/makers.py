"""Money between insurer and makers for listed products; never part of the bill or of what the patient bears."""

from libs.benefits.case import Bill
from libs.benefits.listing import entry_of
from libs.benefits.outcome import MakerFlow
from libs.benefits.plan import Plan
from libs.benefits.product_lists import ListEntry, MakersTerms
from libs.benefits.selection import Taken
from libs.money import apply_rate, largest_remainder


def maker_flows(plan: Plan, bill: Bill, taken: list[Taken], paid_fen: int) -> list[MakerFlow]:
    """What makers owe the insurers (positive) or are owed (negative) for one liability's payment on one bill.

    The payment is spread over the products in proportion to the cost counted (largest remainder).
    """
    if not paid_fen or not plan.has_makers_terms:
        return []
    amounts = [each.amount_fen for each in taken]
    flows: list[MakerFlow] = []
    by_line: dict[int, int] = {}
    for each, part_fen in zip(taken, largest_remainder(paid_fen, amounts), strict=True):
        index = each.portion.line_index if each.portion is not None else None
        if index is not None:
            by_line[index] = by_line.get(index, 0) + part_fen
    for index, line_paid_fen in by_line.items():
        for list_id, product_list in plan.lists.items():
            entry = entry_of(product_list, bill, bill.lines[index])
            if entry is not None and entry.makers_terms is not None:
                amount_fen = _owed(entry.makers_terms, bill, bill.lines[index].quantity, line_paid_fen)
                if amount_fen:
                    flows.append(_flow(list_id, entry, entry.makers_terms, amount_fen))
    return flows


def _flow(list_id: str, entry: ListEntry, terms: MakersTerms, amount_fen: int) -> MakerFlow:
    return MakerFlow(list_id, entry.name, terms.form, amount_fen)


def _owed(terms: MakersTerms, bill: Bill, quantity: int, paid_fen: int) -> int:
    per_unit_fen = terms.per_unit_fen or 0
    match terms.form:
        case "rebate" if terms.share_bp is not None:
            return apply_rate(paid_fen, terms.share_bp)
        case "rebate":
            return min(paid_fen, per_unit_fen * quantity)
        case "copay":
            return max(0, paid_fen - per_unit_fen * quantity)
        case "outcome":
            return -per_unit_fen * quantity if "outcome_reached" in bill.tags else 0
