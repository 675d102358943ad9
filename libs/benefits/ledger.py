"""The year's balances while one evaluation runs; a private working copy of `Usage`."""

from libs.benefits.case import LiabilityUsage, Usage
from libs.benefits.plan import Plan


class Ledger:
    """Balances by liability and by cap. Shared pots are sums, so no figure is kept twice."""

    def __init__(self, plan: Plan, used: Usage) -> None:
        self._plan = plan
        self._used = dict(used.liabilities)
        self._caps = dict(used.caps)

    def of(self, liability_id: str) -> LiabilityUsage:
        """What one liability has used."""
        return self._used.get(liability_id, _NOTHING)

    def paid(self, liability_ids: tuple[str, ...] | None = None) -> int:
        """Fen paid by these liabilities, or by all."""
        ids = self._used if liability_ids is None else liability_ids
        return sum(self.of(each).paid_fen for each in ids)

    def deductible(self, shared_id: str) -> int:
        """Fen borne towards a shared deductible by all liabilities that share it."""
        sharing = (x.id for x in self._plan.liabilities if x.shares_deductible == shared_id)
        return sum(self.of(each).deductible_fen for each in sharing)

    def cap(self, key: str) -> int:
        """What a finer cap has used."""
        return self._caps.get(key, 0)

    def use_cap(self, key: str, amount: int) -> None:
        """Adds to a finer cap's balance."""
        if amount:
            self._caps[key] = self._caps.get(key, 0) + amount

    def record(self, liability_id: str, base_fen: int, deductible_fen: int, paid_fen: int) -> None:
        """Adds one bill's result to a liability's balances."""
        old = self.of(liability_id)
        self._used[liability_id] = LiabilityUsage.model_construct(
            base_fen=old.base_fen + base_fen,
            deductible_fen=old.deductible_fen + deductible_fen,
            paid_fen=old.paid_fen + paid_fen,
        )

    def usage(self) -> Usage:
        """The balances as a value."""
        return Usage.model_construct(liabilities=dict(self._used), caps=dict(self._caps))


_NOTHING = LiabilityUsage()
