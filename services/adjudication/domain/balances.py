"""The benefit year's balances as sums of what each claim took: whatever order claims arrive in, sums agree."""

from collections.abc import Iterable, Mapping
from typing import Any

from libs.benefits import Usage
from libs.benefits.case import LiabilityUsage
from libs.contracts.adjudication import ClaimAdjudicated

_NOTHING = LiabilityUsage()


def taken_between(before: Usage, after: Usage) -> Usage:
    """What one evaluation added to the balances; entries that did not move are left out."""
    liabilities = {}
    for liability_id, now in after.liabilities.items():
        was = before.liabilities.get(liability_id, _NOTHING)
        if now != was:
            liabilities[liability_id] = _usage(
                now.base_fen - was.base_fen,
                now.deductible_fen - was.deductible_fen,
                now.paid_fen - was.paid_fen,
            )
    caps = {key: now - before.caps.get(key, 0) for key, now in after.caps.items()}
    return Usage.made(
        {"liabilities": liabilities, "caps": {key: moved for key, moved in caps.items() if moved}}
    )


def sum_of(taken: Iterable[Mapping[str, Any]]) -> Usage:
    """The balances that several claims leave; each as an event's `usage_taken` has it."""
    liabilities: dict[str, list[int]] = {}
    caps: dict[str, int] = {}
    for each in taken:
        for liability_id, used in each.get("liabilities", {}).items():
            sums = liabilities.setdefault(liability_id, [0, 0, 0])
            sums[0] += used["base_fen"]
            sums[1] += used["deductible_fen"]
            sums[2] += used["paid_fen"]
        for key, used in each.get("caps", {}).items():
            caps[key] = caps.get(key, 0) + used
    of_liabilities = {liability_id: _usage(*sums) for liability_id, sums in liabilities.items()}
    return Usage.made({"liabilities": of_liabilities, "caps": caps})


def _usage(base_fen: int, deductible_fen: int, paid_fen: int) -> LiabilityUsage:
    return LiabilityUsage.made({"base_fen": base_fen, "deductible_fen": deductible_fen, "paid_fen": paid_fen})


def by_year(decisions: Iterable[ClaimAdjudicated]) -> dict[tuple[str, str], Usage]:
    """What decisions have used, by (plan id, first day of the benefit year)."""
    taken: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for decision in decisions:
        taken.setdefault((str(decision.plan_id), decision.benefit_year), []).append(decision.usage_taken)
    return {year: sum_of(each) for year, each in sorted(taken.items())}
