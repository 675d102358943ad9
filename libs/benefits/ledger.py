"""The year's balances while one evaluation runs; a private working copy of `Usage`."""

from libs.benefits.case import LiabilityUsage, Usage
from libs.benefits.plan import Plan


class Ledger:
    """Balances by liability and by cap. Shared pots are sums, so no figure is kept twice."""

    def __init__(self, plan: Plan, used: Usage) -> None:
        self._plan = plan
        self._before = used
        self._used: dict[str, tuple[int, int, int]] = {}
        self._caps: dict[str, int] = {}

    def base(self, liability_id: str) -> int:
        """Fen of cost the liability has counted."""
        return self._of(liability_id)[0]

    def deductible(self, liability_id: str) -> int:
        """Fen of deductible borne under the liability."""
        return self._of(liability_id)[1]

    def shared_deductible(self, shared_id: str) -> int:
        """Fen borne towards a shared deductible by all liabilities that share it."""
        sharing = (each.id for each in self._plan.liabilities if each.shares_deductible == shared_id)
        return sum(self.deductible(each) for each in sharing)

    def paid(self, *liability_ids: str) -> int:
        """Fen paid by these liabilities."""
        return sum(self._of(each)[2] for each in liability_ids)

    def paid_in_all(self) -> int:
        """Fen paid by every liability, also by ones the plan no longer names."""
        return self.paid(*(self._before.liabilities.keys() | self._used.keys()))

    def cap(self, key: str) -> int:
        """What a finer cap has used."""
        return self._caps.get(key, self._before.caps.get(key, 0))

    def use_cap(self, key: str, amount: int) -> None:
        """Adds to a finer cap's balance."""
        if amount:
            self._caps[key] = self.cap(key) + amount

    def record(self, liability_id: str, base_fen: int, deductible_fen: int, paid_fen: int) -> None:
        """Adds one bill's result to a liability's balances."""
        base, deductible, paid = self._of(liability_id)
        self._used[liability_id] = (base + base_fen, deductible + deductible_fen, paid + paid_fen)

    def usage(self) -> Usage:
        """The balances as a value."""
        changed = {
            liability_id: LiabilityUsage.made(
                {"base_fen": base, "deductible_fen": deductible, "paid_fen": paid}
            )
            for liability_id, (base, deductible, paid) in self._used.items()
        }
        before = self._before
        return Usage.made(
            {"liabilities": {**before.liabilities, **changed}, "caps": {**before.caps, **self._caps}}
        )

    def _of(self, liability_id: str) -> tuple[int, int, int]:
        known = self._used.get(liability_id)
        if known is not None:
            return known
        before = self._before.liabilities.get(liability_id)
        return (before.base_fen, before.deductible_fen, before.paid_fen) if before is not None else (0, 0, 0)
