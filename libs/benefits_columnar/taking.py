"""The cost that each liability counts of each bill, after the layers below, the dates of cover and the selection."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from libs.benefits import Plan
from libs.benefits.case import BUCKETS
from libs.benefits_columnar.columns import NO_DAY, PAID, days
from libs.benefits_columnar.covered import Covered, covered_of
from libs.benefits_columnar.exact import Fen, Index, Mask, round_bp, split_by, sum_by
from libs.benefits_columnar.treatment import NO_LINE, LineClasses, Treatments, line_classes, treatments_of
from libs.money import BASIS_POINTS


@dataclass(frozen=True)
class Portions:
    """Single portions of cost, sorted by bill and within it as the engine orders them. `line` is -1 without one."""

    bill: Index
    line: Index
    kind: Index
    amount: Fen


@dataclass(frozen=True)
class Taking:
    """What is counted: by liability (its place in the plan) and bill, and portion by portion where finer caps ask."""

    before: Fen
    beside: Fen
    after: Fen
    outside: Mask
    taken: NDArray[np.int64]
    portions: dict[int, Portions]
    classes: LineClasses


def take(plan: Plan, bills: pl.DataFrame, lines: pl.DataFrame) -> Taking:
    """Everything that happens to a bill before its liabilities are settled."""
    before, beside, after = _layers(plan, bills)
    classes = line_classes(plan, bills, lines)
    line_bill = lines["bill"].cast(pl.Int64).to_numpy()
    covered = covered_of(plan, bills)
    taker = _Taker(plan, bills, lines, line_bill, classes, covered)
    left = before
    had_cost = np.zeros(bills.height, np.bool_)
    for bucket, name in enumerate(BUCKETS):
        whole = bills[f"{name}_fen"].to_numpy()
        paid = np.minimum(left, whole)
        left = left - paid
        had_cost |= whole > paid
        taker.take(bucket, lines[f"{name}_fen"].to_numpy(), whole, paid)
    return Taking(
        before, beside, after, had_cost & ~taker.kept_cost, taker.taken, taker.sorted_portions(), classes
    )


class _Taker:
    """Goes through the buckets of all bills at once."""

    def __init__(
        self,
        plan: Plan,
        bills: pl.DataFrame,
        lines: pl.DataFrame,
        line_bill: Index,
        classes: LineClasses,
        covered: Covered,
    ) -> None:
        self._treatments: Treatments = treatments_of(plan, bills, line_bill, classes)
        self._line_bill = line_bill
        self._line_kind = classes.of_line
        self._line_day = days(lines["service_date"]).to_numpy()
        self._covered = covered
        self._finer = np.array([bool(each.caps) for each in plan.liabilities] + [False])
        self.taken = np.zeros((len(plan.liabilities), bills.height), np.int64)
        self.kept_cost = np.zeros(bills.height, np.bool_)
        self._portions: dict[int, list[Portions]] = {
            index: [] for index, each in enumerate(plan.liabilities) if each.caps
        }

    def take(self, bucket: int, line_amount: Fen, whole: Fen, paid: Fen) -> None:
        """One bucket: what the layers below left of it goes to its takers."""
        taker, weight = self._treatments.taker[:, bucket], self._treatments.weight_bp[:, bucket]
        profile = self._treatments.profiles.of_bill
        rows = np.flatnonzero(line_amount > 0)
        at, kind = self._line_bill[rows], self._line_kind[rows]
        rest = whole - sum_by(line_amount[rows], at, whole.size)
        code = (taker * (BASIS_POINTS + 1) + weight)[profile[at], kind]
        common = (taker * (BASIS_POINTS + 1) + weight)[profile, NO_LINE]
        without_rest = rest == 0
        first = np.zeros(whole.size, np.int64)
        first[at[::-1]] = code[::-1]
        common = np.where(without_rest, first, common)
        mixed = np.zeros(whole.size, np.bool_)
        mixed[at[code != common[at]]] = True
        to, by = np.divmod(common, BASIS_POINTS + 1)
        # A bucket of which one liability takes all at full weight needs no splitting: its sum is what counts.
        plain = ~mixed & ~self._covered.cut & ~self._finer[to] & ((to < 0) | (by == BASIS_POINTS))
        kept = np.where(self._covered.outside, 0, whole - paid)
        self.kept_cost |= plain & (kept > 0)
        bills = np.flatnonzero(plain & (to >= 0) & (kept > 0))
        np.add.at(self.taken, (to[bills], bills), kept[bills])
        self._take_split(bucket, line_amount, rest, paid, ~plain & ~self._covered.outside & (kept > 0))

    def _take_split(self, bucket: int, line_amount: Fen, rest: Fen, paid: Fen, which: Mask) -> None:
        """Bills whose portions go different ways, each portion by itself."""
        rows = np.flatnonzero((line_amount > 0) & which[self._line_bill])
        rests = np.flatnonzero((rest > 0) & which)
        bill = np.concatenate([self._line_bill[rows], rests])
        order = np.argsort(bill, kind="stable")
        bill = bill[order]
        amount = np.concatenate([line_amount[rows], rest[rests]])[order]
        line = np.concatenate([rows, np.full(rests.size, -1)])[order]
        kind = np.where(line < 0, NO_LINE, self._line_kind[line]) if self._line_kind.size else line * 0
        amount = amount - split_by(np.where(which, paid, 0), amount, bill)
        amount = amount - self._late(bill, line, amount)
        kept = amount > 0
        self.kept_cost[bill[kept]] = True
        profile = self._treatments.profiles.of_bill[bill]
        taker = self._treatments.taker[profile, bucket, kind]
        counted = round_bp(amount * self._treatments.weight_bp[profile, bucket, kind])
        kept &= (taker >= 0) & (counted > 0)
        bill, line, kind, counted, taker = (each[kept] for each in (bill, line, kind, counted, taker))
        np.add.at(self.taken, (taker, bill), counted)
        for liability, parts in self._portions.items():
            of = taker == liability
            parts.append(Portions(bill[of], line[of], kind[of], counted[of]))

    def _late(self, bill: Index, line: Index, amount: Fen) -> Fen:
        """What of a stay lies after its last paid day: dated lines by their day, the rest in proportion."""
        covered = self._covered
        day = np.where(line < 0, NO_DAY, self._line_day[line]) if self._line_day.size else line * 0 + NO_DAY
        in_proportion = amount * covered.late_days[bill] // covered.stay_days[bill]
        dated = np.where(day > covered.last_day[bill], amount, 0)
        late: Fen = np.where(covered.cut[bill], np.where(day == NO_DAY, in_proportion, dated), 0)
        return late

    def sorted_portions(self) -> dict[int, Portions]:
        """The portions of liabilities with finer caps: bucket after bucket within each bill."""
        found = {}
        for liability, parts in self._portions.items():
            bill = np.concatenate([part.bill for part in parts])
            order = np.argsort(bill, kind="stable")
            found[liability] = Portions(
                bill[order],
                np.concatenate([part.line for part in parts])[order],
                np.concatenate([part.kind for part in parts])[order],
                np.concatenate([part.amount for part in parts])[order],
            )
        return found


def _layers(plan: Plan, bills: pl.DataFrame) -> tuple[Fen, Fen, Fen]:
    """What payers before, beside and after the plan paid of each bill."""
    sums = {when: np.zeros(bills.height, np.int64) for when in ("before", "beside", "after")}
    for column in bills.columns:
        if column.startswith(PAID):
            name = column.removeprefix(PAID)
            when = (
                "after" if name in plan.payers.after else "beside" if name in plan.payers.beside else "before"
            )
            sums[when] += bills[column].to_numpy()
    return sums["before"], sums["beside"], sums["after"]
