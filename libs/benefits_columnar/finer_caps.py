"""Caps inside a liability by column: per product, per charge, per stay or year, with the engine's splits."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from libs.benefits_columnar.exact import Fen, Index, Mask, split_by, sum_by
from libs.benefits_columnar.settling_terms import FinerTerms
from libs.benefits_columnar.taking import Portions


@dataclass(frozen=True)
class _Grouped:
    """One cap's portions: whether it applies, the group each belongs to, and the year's balance it counts on."""

    terms: FinerTerms
    applies: Mask
    group: Index
    groups: int
    slot: Index
    used: Fen
    """Balance by slot; changes while bills are settled."""


class FinerCaps:
    """The finer caps of one liability over all bills."""

    def __init__(
        self, terms: tuple[FinerTerms, ...], portions: Portions, lines: pl.DataFrame, accounts: Index
    ) -> None:
        self._portions = portions
        self._caps = [_grouped(each, portions, lines, accounts[portions.bill]) for each in terms]

    def pay(self, bills: Index, profile: Index, formula: Fen) -> tuple[Fen, "Spread"]:
        """What these bills are paid after the caps, of `formula`; and the split, to record what is paid in the end."""
        low = np.searchsorted(self._portions.bill, bills, side="left")
        length = np.searchsorted(self._portions.bill, bills, side="right") - low
        ends = np.cumsum(length)
        rows = np.arange(ends[-1] if ends.size else 0) + np.repeat(low - (ends - length), length)
        segment = np.repeat(np.arange(bills.size), length)
        amounts = split_by(formula, self._portions.amount[rows], segment)
        for cap in self._caps:
            amounts = _cut(cap, rows, segment, profile, amounts)
        return sum_by(amounts, segment, bills.size), Spread(rows, segment, amounts)

    def record(self, spread: "Spread", paid: Fen) -> None:
        """The balances of the year grow by what is paid in the end, spread as it was after the caps."""
        parts = split_by(paid, spread.amounts, spread.segment)
        for cap in self._caps:
            if cap.terms.cap.per == "year":
                counted = cap.applies[spread.rows]
                np.add.at(cap.used, cap.slot[spread.rows[counted]], parts[counted])


@dataclass(frozen=True)
class Spread:
    """Portions of the bills being settled, with what each is paid after the finer caps."""

    rows: Index
    segment: Index
    amounts: Fen


def _cut(cap: _Grouped, rows: Index, segment: Index, profile: Index, amounts: Fen) -> Fen:
    here = np.flatnonzero(cap.applies[rows] & (amounts > 0))
    if not here.size:
        return amounts
    keys, group = np.unique(segment[here] * cap.groups + cap.group[rows[here]], return_inverse=True)
    total = sum_by(amounts[here], group, keys.size)
    limit = cap.terms.limit[profile[keys // cap.groups]]
    if cap.terms.cap.per == "year":
        slot = np.zeros(keys.size, np.int64)
        slot[group] = cap.slot[rows[here]]
        limit = np.maximum(0, limit - cap.used[slot])
    after = amounts.copy()
    after[here] = split_by(np.minimum(total, limit), amounts[here], group)
    return after


def _grouped(terms: FinerTerms, portions: Portions, lines: pl.DataFrame, accounts: Index) -> _Grouped:
    applies = terms.kinds[portions.kind] & (
        terms.listed_kinds[portions.kind] | terms.listed_bills[portions.bill]
    )
    if terms.cap.each == "all":
        group = np.zeros(portions.bill.size, np.int64)
    else:
        group = portions.line if terms.cap.each == "line" else _products(lines)[portions.line]
        group = np.where(portions.line < 0, -1, group)
        applies &= group >= 0
    groups = int(group.max(initial=0)) + 1
    keys = np.where(applies, accounts * groups + group, -1)
    _, slot = np.unique(keys, return_inverse=True)
    used = np.zeros(int(slot.max(initial=0)) + 1, np.int64)
    return _Grouped(terms, applies, group, groups, slot, used)


def _products(lines: pl.DataFrame) -> Index:
    """A number per product (code, else name); -1 when a line has neither. One more entry, for no line."""
    name = pl.when(pl.col("code") != "").then(pl.col("code")).otherwise(None)
    product = lines.select(pl.coalesce(name, pl.when(pl.col("name") != "").then(pl.col("name"))).alias("of"))
    numbers = product["of"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return np.append(numbers, -1)
