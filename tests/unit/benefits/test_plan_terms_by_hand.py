"""Every plan file against its published terms: newspaper-like cases with results worked out by hand."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.benefits import case_from, check_case, evaluate, load_plans, plan_of
from libs.benefits.amounts import fen_of_yuan

_FILE = Path(__file__).parent / "plan_terms_by_hand.yaml"
_ROWS: dict[str, list[dict[str, Any]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_CASES = [
    pytest.param(plan_id, row, id=f"{plan_id}-{number}")
    for plan_id, rows in _ROWS.items()
    for number, row in enumerate(rows, start=1)
]


@pytest.mark.parametrize(("plan_id", "row"), _CASES)
def test_the_plan_pays_what_its_terms_give_by_hand(plan_id: str, row: dict[str, Any]) -> None:
    plan = plan_of(plan_id)
    case = case_from(row["case"])
    unknown = [note.code for note in check_case(plan, case) if note.code.startswith("unknown")]
    found = evaluate(plan, case)

    assert unknown == []
    assert {name: paid for name, paid in found.paid_by_liability.items() if paid} == {
        name: fen_of_yuan(paid) for name, paid in row["pays"].items()
    }, row["sum"]
    assert found.cash_benefits_fen == fen_of_yuan(row.get("cash", 0))


def test_every_bundled_plan_has_a_case_by_hand() -> None:
    assert sorted(_ROWS) == sorted(load_plans())
