"""The rules of a fork: plans with changed terms, shares of the pool, and the order of payers."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from libs.benefits import Plan
from libs.benefits.pool import pool_faults
from libs.money import BASIS_POINTS


class RuleInvalid(Exception):
    """What is asked for is no rule; the message says what would be."""

    code = "rule_invalid"


def with_shares(plan: Plan, shares: Mapping[str, int]) -> Plan:
    """The plan with these insurers (id → share in basis points) for the whole of its edition. Raises RuleInvalid."""
    if not shares:
        return plan
    total = sum(shares.values())
    if total != BASIS_POINTS:
        raise RuleInvalid(f"shares of {total / 100:g}%; right would be shares that sum to 100%")
    known = {insurer.id: insurer.name.model_dump() for insurer in plan.insurers}
    insurers = [
        {"id": name, "name": known.get(name, {"zh": name, "en": name}), "share_bp": share_bp}
        for name, share_bp in shares.items()
    ]
    changed = _changed(plan, insurers=insurers)
    for _, found, right in pool_faults(changed):
        raise RuleInvalid(f"{found}; right would be {right}")
    return changed


def with_payer_order(plan: Plan, order: Mapping[str, tuple[str, ...]]) -> Plan:
    """The plan with these payers `before`, `beside` and `after` it; a place that is not named keeps the others."""
    if not order:
        return plan
    unknown = order.keys() - {"before", "beside", "after"}
    if unknown:
        raise RuleInvalid(f"no place {sorted(unknown)}; right would be before, beside or after")
    moved = {name for names in order.values() for name in names}
    if len(moved) != sum(len(names) for names in order.values()):
        raise RuleInvalid("a payer in two places; right would be each payer once")
    kept = {
        place: [name for name in getattr(plan.payers, place) if name not in moved]
        for place in ("before", "beside", "after")
    }
    payers = {place: [*order.get(place, ()), *kept[place]] for place in kept}
    return _changed(plan, payers=payers)


def _changed(plan: Plan, **terms: Any) -> Plan:
    """The plan with other top-level terms; its digest follows its content."""
    content = json.loads(plan.canonical_json) | terms
    try:
        return Plan.of_canonical_json(json.dumps(content, ensure_ascii=False).encode())
    except ValidationError as error:
        sentences = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise RuleInvalid(sentences) from None
