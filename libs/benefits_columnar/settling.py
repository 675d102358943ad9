"""Liabilities settled by column: all first bills of the accounts at once, then all second ones, and so on."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from libs.benefits import Plan
from libs.benefits_columnar.balances import Balances
from libs.benefits_columnar.exact import Fen, Index, round_bp
from libs.benefits_columnar.finer_caps import FinerCaps
from libs.benefits_columnar.ranking import rank_by_rank
from libs.benefits_columnar.settling_terms import LiabilityTerms, settling_terms
from libs.benefits_columnar.taking import Taking
from libs.money import Rounding


@dataclass(frozen=True)
class Settled:
    """By liability (its place in the plan) and bill: cost counted after scaling, deductible taken, paid."""

    base: NDArray[np.int64]
    deductible: NDArray[np.int64]
    paid: NDArray[np.int64]
    limit: Fen
    """What all payers before and beside, and the plan, left of each bill."""


@dataclass(frozen=True)
class _Outcome:
    """One liability on the bills being settled: what it left with the patient, by part, until handed on."""

    parts: dict[str, Fen]


def settle(plan: Plan, bills: pl.DataFrame, lines: pl.DataFrame, taking: Taking) -> Settled:
    """Every bill under every liability, in the order of its account's bills."""
    return _Settling(plan, bills, lines, taking).run()


class _Settling:
    def __init__(self, plan: Plan, bills: pl.DataFrame, lines: pl.DataFrame, taking: Taking) -> None:
        self._plan = plan
        self._taking = taking
        self._terms = settling_terms(plan, bills, taking.classes)
        self._accounts = bills["account"].cast(pl.Int64).to_numpy()
        accounts = int(self._accounts.max(initial=-1)) + 1
        self._balances = Balances(len(plan.liabilities), accounts)
        self._finer = {
            terms.place: FinerCaps(terms.finer, taking.portions[terms.place], lines, self._accounts)
            for terms in self._terms.liabilities
            if terms.finer
        }
        limit = bills["total_fen"].to_numpy() - taking.before - taking.beside
        shape = taking.taken.shape
        self._settled = Settled(
            np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64), limit
        )

    def run(self) -> Settled:
        for rows in rank_by_rank(self._accounts):
            outcomes: dict[str, _Outcome] = {}
            for terms in self._terms.liabilities:
                outcomes[terms.liability.id] = self._settle(terms, rows, outcomes)
        return self._settled

    def _settle(self, terms: LiabilityTerms, rows: Index, outcomes: dict[str, _Outcome]) -> _Outcome:
        """One liability on at most one bill of each account; `rows` are those bills."""
        accounts, profile = self._accounts[rows], self._terms.profiles.of_bill[rows]
        residue = terms.liability.residue_of
        counted = self._taking.taken[terms.place, rows]
        if residue is not None:
            counted = _handed_on(residue.liabilities, residue.parts, outcomes, rows.size)
        cost = counted
        for holds, keep_bp in terms.scales:
            cost = np.where(holds[profile], round_bp(cost * keep_bp), cost)
        taken = self._deductible(terms, accounts, profile, cost)
        covered = cost - taken
        start = self._balances.base(terms.place, accounts)
        if terms.liability.pays.measured_on == "excess":
            start = start - self._balances.deductible((terms.place,), accounts)
        else:
            start = start + taken
        rounding = self._plan.rounding
        formula = np.minimum(
            covered, _bands(terms, profile, start, covered, rounding.unit_fen, rounding.mode)
        )
        paid, above_cap, limited = self._cap(terms, rows, accounts, profile, formula)
        self._balances.record(terms.place, accounts, cost, taken, paid)
        self._settled.base[terms.place, rows] = cost
        self._settled.deductible[terms.place, rows] = taken
        self._settled.paid[terms.place, rows] = paid
        self._settled.limit[rows] -= paid
        parts = {
            "deductible": taken,
            "coinsurance": covered - formula,
            "above_cap": above_cap,
            "scaled_out": counted - cost,
            "limited_by_others": limited,
        }
        return _Outcome(parts)

    def _deductible(self, terms: LiabilityTerms, accounts: Index, profile: Index, cost: Fen) -> Fen:
        if terms.deductible is None:
            return np.zeros(cost.size, np.int64)
        left = terms.deductible.required[profile]
        if not terms.deductible.per_stay:
            left = np.maximum(0, left - self._balances.deductible(terms.deductible.used_by, accounts))
        return np.minimum(cost, left)

    def _cap(
        self, terms: LiabilityTerms, rows: Index, accounts: Index, profile: Index, formula: Fen
    ) -> tuple[Fen, Fen, Fen]:
        """Payment after every cap, finest first, and after what others left; what caps cut; what the limit cut."""
        paid, spread = formula, None
        finer = self._finer.get(terms.place)
        if finer is not None:
            paid, spread = finer.pay(rows, profile, formula)
        for total in terms.totals:
            left = np.maximum(0, total.limit[profile] - self._balances.paid(total.used_by, accounts))
            paid = np.minimum(paid, left)
        above_cap = formula - paid
        limited = np.maximum(0, paid - self._settled.limit[rows])
        paid = paid - limited
        if finer is not None and spread is not None:
            finer.record(spread, paid)
        return paid, above_cap, limited


def _bands(
    terms: LiabilityTerms, profile: Index, start: Fen, covered: Fen, unit_fen: int, rounding: Rounding
) -> Fen:
    """Cost placed on the year's axis, each part at its band's ratio; one rounding at the end."""
    variant = terms.bands_of[profile]
    end = start + covered
    exact = np.zeros(start.size, np.int64)
    for number, bands in enumerate(terms.bands):
        here = variant == number
        position = start
        for band in bands:
            upper = end if band.up_to_fen is None else np.minimum(end, band.up_to_fen)
            inside = np.maximum(0, upper - position)
            exact += np.where(here, inside * band.ratio_bp, 0)
            position = np.maximum(position, upper)
    return round_bp(exact, unit_fen, rounding)


def _handed_on(
    sources: tuple[str, ...], names: tuple[str, ...], outcomes: dict[str, _Outcome], size: int
) -> Fen:
    """The parts that a residue takes over; they are not with their source any more."""
    total = np.zeros(size, np.int64)
    for source in sources:
        parts = outcomes[source].parts
        for name in names:
            total = total + parts[name]
            parts[name] = np.zeros(size, np.int64)
    return total
