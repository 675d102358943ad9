"""The year's balances: each decision moves them by exactly what it decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.conservation.report import Broken
from libs.contracts.adjudication import ClaimAdjudicated

_MEASURES = ("base_fen", "deductible_fen", "paid_fen")
_CASH = "cash/"


@dataclass(slots=True)
class YearBalances:
    """One person's balances in one plan and benefit year, as the last decision left them."""

    liabilities: dict[str, dict[str, int]] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)

    def decide(self, decision: ClaimAdjudicated) -> Iterator[Broken]:
        """Compare with the balances that the decision states, then take them over."""
        after: Mapping[str, Any] = decision.usage_after
        expected = {name: dict(used) for name, used in self.liabilities.items()}
        for outcome in decision.liabilities:
            used = expected.setdefault(outcome.liability_id, dict.fromkeys(_MEASURES, 0))
            for measure in _MEASURES:
                used[measure] += getattr(outcome, measure)
        stated = {name: dict(used) for name, used in after.get("liabilities", {}).items()}
        for name in sorted(expected.keys() | stated.keys()):
            if expected.get(name) != stated.get(name):
                sides = f"{_shown(stated.get(name))} ≠ {_shown(expected.get(name))} fen"
                yield Broken("balances_follow", f"{name} after the decision: {sides}")
        caps: dict[str, int] = dict(after.get("caps", {}))
        cash_fen = _cash(caps) - _cash(self.caps)
        if cash_fen != decision.cash_benefits_fen:
            stated_fen = decision.cash_benefits_fen
            yield Broken("cash_follows", f"cash benefits {stated_fen}, balances moved by {cash_fen} fen")
        if any(caps.get(name, 0) < used for name, used in self.caps.items()):
            yield Broken("caps_only_grow", "a cap has used less than before the decision")
        self.liabilities, self.caps = stated, caps


def _cash(caps: Mapping[str, int]) -> int:
    return sum(used for name, used in caps.items() if name.startswith(_CASH))


def _shown(used: Mapping[str, int] | None) -> str:
    return "/".join(str(used.get(measure)) for measure in _MEASURES) if used else "nothing"
