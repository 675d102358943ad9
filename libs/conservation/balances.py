"""The year's balances: a decision stands on what the claims before it, in the order of service, have taken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from libs.conservation.report import Broken
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimOpened

_MEASURES = ("base_fen", "deductible_fen", "paid_fen")
_NOTHING: Mapping[str, int] = dict.fromkeys(_MEASURES, 0)
_CASH = "cash/"

_Order = tuple[date, date, str]
_Balances = dict[tuple[str, ...], int]


@dataclass(slots=True)
class PersonBalances:
    """One person's standing decisions by claim, and where each claim stands in the order of service."""

    orders: dict[str, _Order] = field(default_factory=dict)
    standing: dict[str, ClaimAdjudicated] = field(default_factory=dict)

    def open(self, opened: ClaimOpened) -> None:
        """A claim's bill is known, or known anew: its place in the order is by its newest revision."""
        visit = opened.visit
        self.orders[opened.claim_id] = (visit.admitted_on, visit.discharged_on, opened.claim_id)

    def decide(self, decision: ClaimAdjudicated) -> Iterator[Broken]:
        """Compare what the decision says that it stands on with what stands, and what it takes with its outcome."""
        taken = _flat(decision.usage_taken)
        stands_on = _minus(_flat(decision.usage_after), taken)
        before = self._taken_before(decision)
        for key in sorted(stands_on.keys() | before.keys()):
            stated_fen, known_fen = stands_on.get(key, 0), before.get(key, 0)
            if stated_fen != known_fen:
                sides = f"{stated_fen}, claims before it took {known_fen} fen"
                yield Broken("balances_in_order", f"{'/'.join(key)} stood at {sides}")
        yield from _taken_rules(decision)
        self.standing[decision.claim_id] = decision

    def reverse(self, reversal: AdjudicationReversed) -> None:
        """What the decision took is free again."""
        self.standing.pop(reversal.claim_id, None)

    def _taken_before(self, decision: ClaimAdjudicated) -> _Balances:
        order = self.orders.get(decision.claim_id)
        sums: _Balances = {}
        for claim_id, known in self.standing.items():
            same_year = (known.plan_id, known.benefit_year) == (decision.plan_id, decision.benefit_year)
            other = self.orders.get(claim_id)
            if same_year and order is not None and other is not None and other < order:
                for key, fen in _flat(known.usage_taken).items():
                    sums[key] = sums.get(key, 0) + fen
        return sums


def _taken_rules(decision: ClaimAdjudicated) -> Iterator[Broken]:
    """A decision takes from the balances exactly what it decided."""
    liabilities: Mapping[str, Mapping[str, int]] = decision.usage_taken.get("liabilities", {})  # type: ignore[assignment]
    caps: Mapping[str, int] = decision.usage_taken.get("caps", {})  # type: ignore[assignment]
    moved = _moved_by(decision)
    for name in sorted(moved.keys() | liabilities.keys()):
        taken = liabilities.get(name, _NOTHING)
        if not _follows(taken, moved.get(name, _NOTHING)):
            sides = f"{_shown(taken)}, decided {_shown(moved.get(name, _NOTHING))} fen"
            yield Broken("balances_follow", f"{name} takes {sides}")
    cash_fen = sum(used for name, used in caps.items() if name.startswith(_CASH))
    if cash_fen != decision.cash_benefits_fen:
        sides = f"cash benefits {decision.cash_benefits_fen}, balances take {cash_fen} fen"
        yield Broken("cash_follows", sides)
    if any(used < 0 for used in caps.values()):
        yield Broken("caps_only_grow", "a decision gives a cap back")


def _flat(usage: Mapping[str, Any]) -> _Balances:
    """Balances by (kind, name, measure), without those at nothing."""
    found: _Balances = {}
    for name, used in usage.get("liabilities", {}).items():
        for measure in _MEASURES:
            found["liability", name, measure] = used.get(measure, 0)
    for name, used in usage.get("caps", {}).items():
        found["cap", name] = used
    return {key: fen for key, fen in found.items() if fen}


def _minus(whole: _Balances, part: _Balances) -> _Balances:
    return {key: whole.get(key, 0) - part.get(key, 0) for key in whole.keys() | part.keys()}


def _moved_by(decision: ClaimAdjudicated) -> dict[str, dict[str, int]]:
    moved: dict[str, dict[str, int]] = {}
    for outcome in decision.liabilities:
        used = moved.setdefault(outcome.liability_id, dict(_NOTHING))
        for measure in _MEASURES:
            used[measure] += getattr(outcome, measure)
    return moved


def _follows(change: Mapping[str, int], moved: Mapping[str, int]) -> bool:
    """Payment and deductible to the fen; a plan may scale and cap the cost first, so that less of it counts."""
    taken_fen = change["deductible_fen"] + change["paid_fen"]
    exact = all(change[measure] == moved[measure] for measure in ("deductible_fen", "paid_fen"))
    return exact and taken_fen <= change["base_fen"] <= moved["base_fen"]


def _shown(used: Mapping[str, int]) -> str:
    return "/".join(str(used[measure]) for measure in _MEASURES)
