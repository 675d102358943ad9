"""Plans with other terms than their files say."""

import json
from typing import Any

from libs.benefits import Plan


def cheaper(plan: Plan) -> Plan:
    """Deductibles two fifths lower."""
    return _with_deductibles(plan, 60)


def dearer(plan: Plan) -> Plan:
    """Deductibles a half higher."""
    return _with_deductibles(plan, 150)


def _with_deductibles(plan: Plan, percent: int) -> Plan:
    content: dict[str, Any] = json.loads(plan.canonical_json)
    found = [each["deductible"] for each in content["liabilities"] if each["deductible"]] + content[
        "deductibles"
    ]
    found += (
        [content["critical_illness_thresholds"]["by_scheme"]]
        if content["critical_illness_thresholds"]
        else []
    )
    assert found, f"{plan.id} has no deductible"
    for deductible in found:
        for name, amount in deductible.items():
            if isinstance(amount, int) and not isinstance(amount, bool):
                deductible[name] = amount * percent // 100
    return Plan.of_canonical_json(json.dumps(content).encode())
