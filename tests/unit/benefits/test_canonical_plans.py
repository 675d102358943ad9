"""A plan survives as its canonical content: the archive of plans can be evaluated, and its digest is its content's."""

import hashlib

import pytest
from pydantic import ValidationError

from libs.benefits import Plan, evaluate, load_plans


@pytest.mark.parametrize("plan", load_plans().values(), ids=lambda plan: plan.id)
def test_a_plan_read_back_from_its_canonical_content_is_the_plan(plan: Plan) -> None:
    content = plan.canonical_json
    assert hashlib.sha256(content).hexdigest() == plan.digest
    again = Plan.of_canonical_json(content)
    assert again.digest == plan.digest
    for example in plan.examples:
        assert evaluate(again, example.case).as_json() == evaluate(plan, example.case).as_json()


def test_a_plan_file_may_not_use_the_canonical_spelling() -> None:
    with pytest.raises(ValidationError, match="a percentage with its sign"):
        Plan.model_validate_json(load_plans()["demo-generic"].canonical_json)
