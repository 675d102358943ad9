"""Cash benefits by column: money on an event, within each benefit's limit for the year."""

import numpy as np
import polars as pl

from libs.benefits import Plan
from libs.benefits.provisions import CashBenefit
from libs.benefits_columnar.columns import NO_DAY, days
from libs.benefits_columnar.exact import Fen, Index, Mask
from libs.benefits_columnar.profiles import profiles_of
from libs.benefits_columnar.ranking import rank_by_rank


def cash_paid(plan: Plan, bills: pl.DataFrame, outside: Mask) -> Fen:
    """What each bill's events bring in cash, all benefits together."""
    paid = np.zeros(bills.height, np.int64)
    if not plan.cash_benefits:
        return paid
    profiles = profiles_of(plan, bills, plan.cash_benefits)
    accounts = bills["account"].cast(pl.Int64).to_numpy()
    admitted, discharged = days(bills["admission_date"]).to_numpy(), days(bills["discharge_date"]).to_numpy()
    stay = np.where((admitted != NO_DAY) & (discharged != NO_DAY), np.maximum(1, discharged - admitted), 0)
    for benefit in plan.cash_benefits:
        holds = np.array([benefit.when.holds(each.facts) for each in profiles.each])[profiles.of_bill]
        used = np.zeros(int(accounts.max(initial=-1)) + 1, np.int64)
        due = np.flatnonzero(holds & ~outside)
        for rank in rank_by_rank(accounts[due]):
            rows = due[rank]
            amount = np.minimum(
                _due(benefit, stay[rows], used[accounts[rows]]),
                benefit.at_most_fen - np.minimum(used[accounts[rows]], benefit.at_most_fen),
            )
            used[accounts[rows]] += amount
            paid[rows] += amount
    return paid


def _due(benefit: CashBenefit, stay: Index, used: Fen) -> Fen:
    if benefit.amount_fen is not None:
        return np.full(stay.size, benefit.amount_fen, np.int64)
    due = stay * (benefit.per_day_fen or 0)
    return np.where((stay > 0) & (used == 0), np.maximum(due, benefit.first_at_least_fen), due)
