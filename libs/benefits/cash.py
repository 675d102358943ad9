"""Cash benefits: money on an event, beside the bill and outside its conservation."""

from libs.benefits.case import Bill
from libs.benefits.conditions import Facts
from libs.benefits.ledger import Ledger
from libs.benefits.outcome import CashPaid
from libs.benefits.plan import Plan
from libs.benefits.provisions import CashBenefit


def cash_paid(plan: Plan, bill: Bill, facts: Facts, ledger: Ledger) -> tuple[CashPaid, ...]:
    """What the bill's events bring in cash, within each benefit's limit for the year."""
    paid: list[CashPaid] = []
    for benefit in plan.cash_benefits:
        if not benefit.when.holds(facts):
            continue
        key = f"cash/{benefit.id}"
        used_fen = ledger.cap(key)
        amount_fen = min(
            _due(benefit, bill, used_fen), benefit.at_most_fen - min(used_fen, benefit.at_most_fen)
        )
        if amount_fen:
            ledger.use_cap(key, amount_fen)
            paid.append(CashPaid(benefit.id, amount_fen))
    return tuple(paid)


def _due(benefit: CashBenefit, bill: Bill, used_fen: int) -> int:
    if benefit.amount_fen is not None:
        return benefit.amount_fen
    days = 0
    if bill.admission_date is not None and bill.discharge_date is not None:
        days = max(1, (bill.discharge_date - bill.admission_date).days)
    due_fen = days * (benefit.per_day_fen or 0)
    return max(due_fen, benefit.first_at_least_fen) if days and not used_fen else due_fen
