"""Caps inside caps: on the cost that counts, on what is paid per drug or item, per liability, shared, per plan."""

import msgspec

from libs.benefits.case import Bill
from libs.benefits.conditions import Facts
from libs.benefits.deductible import apply_amount_rules
from libs.benefits.ledger import Ledger
from libs.benefits.listing import on_any_list
from libs.benefits.outcome import CapCut, cap_key
from libs.benefits.plan import Liability, Plan
from libs.benefits.selection import Taken
from libs.benefits.terms import Cap, TotalCap
from libs.money import largest_remainder


class Scope(msgspec.Struct, frozen=True):
    """What the caps of one liability on one bill look at."""

    plan: Plan
    liability: Liability
    bill: Bill
    facts: Facts
    ledger: Ledger


def cap_cost(scope: Scope, taken: list[Taken]) -> tuple[list[Taken], tuple[CapCut, ...]]:
    """Cuts the counted cost by the caps that limit cost or how often something counts."""
    cuts: list[CapCut] = []
    for cap in scope.liability.caps:
        if cap.limits == "cost" or cap.times is not None:
            amounts = [each.amount_fen for each in taken]
            left, cap_cuts = _cut_groups(scope, cap, taken, amounts, on_cost=True)
            taken = [Taken(each.portion, amount) for each, amount in zip(taken, left, strict=True)]
            cuts.extend(cap_cuts)
    return taken, tuple(cuts)


def cap_paid(
    scope: Scope, taken: list[Taken], formula_fen: int, limit_fen: int
) -> tuple[int, tuple[CapCut, ...], int]:
    """Payment after every cap, finest first, and after `limit_fen` (what others left); the cuts; what the limit cut.

    Balances of the finer caps grow by what is paid in the end, spread over the cost as the formula's amount was.
    """
    cuts: list[CapCut] = []
    finer = [cap for cap in scope.liability.caps if cap.limits == "paid" and cap.times is None]
    amounts = (
        largest_remainder(formula_fen, [each.amount_fen for each in taken]) if finer and formula_fen else []
    )
    for cap in finer if amounts else ():
        amounts, cap_cuts = _cut_groups(scope, cap, taken, amounts, on_cost=False)
        cuts.extend(cap_cuts)
    paid_fen = sum(amounts) if amounts else formula_fen
    for name, total_cap, used_fen in _totals(scope):
        cap_fen, _ = apply_amount_rules(total_cap.amount_fen, total_cap.rules, scope.facts)
        cut_fen = max(0, paid_fen - max(0, cap_fen - used_fen))
        if cut_fen:
            paid_fen -= cut_fen
            cuts.append(CapCut(name, None, cap_fen, used_fen, cut_fen, False, total_cap))
    limited_fen = max(0, paid_fen - limit_fen)
    paid_fen -= limited_fen
    if paid_fen and amounts:
        _use_finer(scope, finer, taken, largest_remainder(paid_fen, amounts))
    return paid_fen, tuple(cuts), limited_fen


def _use_finer(scope: Scope, caps: list[Cap], taken: list[Taken], paid: list[int]) -> None:
    for cap in caps:
        for each, amount_fen in zip(taken, paid, strict=True):
            group = _group(cap, each)
            if cap.per == "year" and _applies(scope, cap, each) and not (cap.each != "all" and group is None):
                scope.ledger.use_cap(cap_key(scope.liability.id, cap, group), amount_fen)


def _totals(scope: Scope) -> list[tuple[str, TotalCap, int]]:
    """The liability's cap, then shared ones, then the plan's, each with what it has used."""
    ledger, liability = scope.ledger, scope.liability
    totals: list[tuple[str, TotalCap, int]] = []
    if liability.cap is not None:
        totals.append((liability.id, liability.cap, ledger.paid(liability.id)))
    totals.extend(
        (shared.id, shared, ledger.paid(*shared.liabilities))
        for shared in scope.plan.shared_caps
        if liability.id in shared.liabilities
    )
    if scope.plan.cap is not None and scope.plan.promises(liability.id):
        totals.append(("plan", scope.plan.cap, ledger.paid_in_all()))
    return totals


def _cut_groups(
    scope: Scope, cap: Cap, taken: list[Taken], amounts: list[int], *, on_cost: bool
) -> tuple[list[int], list[CapCut]]:
    left = list(amounts)
    cuts: list[CapCut] = []
    groups: dict[str | None, list[int]] = {}
    for index, each in enumerate(taken):
        if _applies(scope, cap, each):
            groups.setdefault(_group(cap, each), []).append(index)
    for group, indexes in groups.items():
        if cap.each != "all" and group is None:
            continue
        if cap.times is not None:
            cut = _cut_times(scope, cap, cap.times, group, taken, indexes, left)
        else:
            cut = _cut_amount(scope, cap, group, indexes, left, on_cost=on_cost)
        if cut is not None:
            cuts.append(cut)
    return left, cuts


def _cut_amount(
    scope: Scope, cap: Cap, group: str | None, indexes: list[int], left: list[int], *, on_cost: bool
) -> CapCut | None:
    key = cap_key(scope.liability.id, cap, group)
    used_fen = scope.ledger.cap(key) if cap.per == "year" else 0
    limit_fen, _ = apply_amount_rules(cap.amount_fen or 0, cap.rules, scope.facts)
    total_fen = sum(left[index] for index in indexes)
    allowed_fen = min(total_fen, max(0, limit_fen - used_fen))
    if cap.per == "year" and on_cost:
        scope.ledger.use_cap(key, allowed_fen)
    if allowed_fen == total_fen:
        return None
    shares = largest_remainder(allowed_fen, [left[index] for index in indexes])
    for index, share in zip(indexes, shares, strict=True):
        left[index] = share
    return CapCut(cap.id, group, limit_fen, used_fen, total_fen - allowed_fen, on_cost, cap)


def _cut_times(
    scope: Scope,
    cap: Cap,
    times: int,
    group: str | None,
    taken: list[Taken],
    indexes: list[int],
    left: list[int],
) -> CapCut | None:
    key = cap_key(scope.liability.id, cap, group)
    used = scope.ledger.cap(key) if cap.per == "year" else 0
    counted: list[int] = []
    cut_fen = 0
    for index in indexes:
        line = _line_index(taken[index])
        if line not in counted and used + len(counted) < times:
            counted.append(line)
        if line not in counted:
            cut_fen += left[index]
            left[index] = 0
    if cap.per == "year":
        scope.ledger.use_cap(key, len(counted))
    return CapCut(cap.id, group, times, used, cut_fen, True, cap) if cut_fen else None


def _line_index(taken: Taken) -> int:
    index = taken.portion.line_index if taken.portion is not None else None
    return -1 if index is None else index


def _applies(scope: Scope, cap: Cap, taken: Taken) -> bool:
    line = taken.portion.line if taken.portion is not None else None
    if cap.categories is not None and (line is None or line.category not in cap.categories):
        return False
    return cap.lists is None or on_any_list(scope.plan, cap.lists, scope.bill, line)


def _group(cap: Cap, taken: Taken) -> str | None:
    if cap.each == "all" or taken.portion is None or taken.portion.line is None:
        return None
    if cap.each == "line":
        return str(taken.portion.line_index)
    return taken.portion.line.code or taken.portion.line.name
