"""The year's balances: each decision moves them by exactly what it decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.conservation.report import Broken
from libs.contracts.adjudication import ClaimAdjudicated

_MEASURES = ("base_fen", "deductible_fen", "paid_fen")
_NOTHING: Mapping[str, int] = dict.fromkeys(_MEASURES, 0)
_CASH = "cash/"


@dataclass(slots=True)
class YearBalances:
    """One person's balances in one plan and benefit year, as the last decision left them."""

    liabilities: dict[str, dict[str, int]] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)

    def decide(self, decision: ClaimAdjudicated) -> Iterator[Broken]:
        """Compare with the balances that the decision states, then take them over."""
        after: Mapping[str, Any] = decision.usage_after
        moved = _moved_by(decision)
        stated = {name: dict(used) for name, used in after.get("liabilities", {}).items()}
        for name in sorted(self.liabilities.keys() | moved.keys() | stated.keys()):
            before, now = self.liabilities.get(name, _NOTHING), stated.get(name, _NOTHING)
            change = {measure: now[measure] - before[measure] for measure in _MEASURES}
            if not _follows(change, moved.get(name, _NOTHING)):
                sides = f"{_shown(change)}, decided {_shown(moved.get(name, _NOTHING))} fen"
                yield Broken("balances_follow", f"{name} moved by {sides}")
        caps: dict[str, int] = dict(after.get("caps", {}))
        cash_fen = _cash(caps) - _cash(self.caps)
        if cash_fen != decision.cash_benefits_fen:
            stated_fen = decision.cash_benefits_fen
            yield Broken("cash_follows", f"cash benefits {stated_fen}, balances moved by {cash_fen} fen")
        if any(caps.get(name, 0) < used for name, used in self.caps.items()):
            yield Broken("caps_only_grow", "a cap has used less than before the decision")
        self.liabilities, self.caps = stated, caps


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


def _cash(caps: Mapping[str, int]) -> int:
    return sum(used for name, used in caps.items() if name.startswith(_CASH))


def _shown(used: Mapping[str, int]) -> str:
    return "/".join(str(used[measure]) for measure in _MEASURES)
