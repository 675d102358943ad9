"""An editor that knows the schema of a case agrees with what `huiji evaluate` reads."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from libs.benefits import CaseRefused, case_from, load_plans
from libs.benefits.schema import case_json_schema

_GUIDE = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text(encoding="utf-8")
_BY_HAND = (Path(__file__).parent / "plan_terms_by_hand.yaml").read_text(encoding="utf-8")
_VALIDATOR = Draft202012Validator(case_json_schema())


def _plain(case: Any) -> Any:
    """As JSON says it: days are text."""
    return json.loads(json.dumps(case, default=str))


def _cases() -> list[Any]:
    printed = re.findall(r"```(?:json|yaml)\n(.*?)```", _GUIDE, re.DOTALL)
    newspaper = re.search(r"`(账单: \{总费用.*?\})` is a whole case", _GUIDE)
    assert newspaper is not None
    by_hand = [row["case"] for rows in yaml.safe_load(_BY_HAND).values() for row in rows]
    examples = [example.case.model_dump() for plan in load_plans().values() for example in plan.examples]
    return [*map(yaml.safe_load, [*printed, newspaper[1]]), *by_hand, *examples]


def test_every_case_of_the_guide_and_of_the_plans_satisfies_the_schema() -> None:
    cases = _cases()
    assert len(cases) > 100
    for case in cases:
        case_from(case)
        assert [error.message for error in _VALIDATOR.iter_errors(_plain(case))] == [], case


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"bills": []},
        {"bill": {"total": 1, "totl": 2}},
        {"bill": {"total": "a lot"}},
        {"bill": {"total": 1, "visit": "hospital"}},
        {"bill": {"total": 1, "lines": [{"金额": 1, "类别": "药物"}]}},
        {"bill": {"total": 1}, "member": {"状态": "重病"}},
        {"bill": {"total": 1}, "used": {"liabilities": {"one": {"based": 1}}}},
    ],
)
def test_what_the_reader_refuses_for_its_words_the_schema_refuses_too(case: Any) -> None:
    with pytest.raises(CaseRefused):
        case_from(case)
    assert not _VALIDATOR.is_valid(case)
