"""Every worked example of every bundled plan file comes out exactly."""

import pytest

from libs.benefits import Plan, PlanInvalid, load_plan, load_plans
from libs.benefits.examples import run_example
from libs.benefits.worked_example import Example
from tests.unit.benefits.plan_texts import a_liability, a_plan_text

_ALL = [(plan, example) for plan in load_plans().values() for example in plan.examples]

_PUBLISHED_IN_FACTS = {
    ("anyang-2022", "w1-domestic"),
    ("anyang-2022", "w1-overseas"),
    ("weifang-2022", "w2"),
    ("huiqin", "w3"),
    ("shantou-2022", "w8"),
    ("demo-generic", "w11"),
    ("taizhou-2022", "w13-in-town"),
    ("critical-illness-tiers", "w14"),
    ("basic-knee-2012", "w15"),
}


@pytest.mark.parametrize(("plan", "example"), _ALL, ids=[f"{plan.id}/{example.id}" for plan, example in _ALL])
def test_example_comes_out_as_published(plan: Plan, example: Example) -> None:
    result = run_example(plan, example)

    assert result.differences == ()


def test_every_recomputable_published_example_is_carried_by_a_plan_file() -> None:
    carried = {(plan.id, example.id) for plan, example in _ALL}

    assert carried >= _PUBLISHED_IN_FACTS


def test_an_example_with_another_expectation_is_reported() -> None:
    plan = load_plans()["weifang-2022"]
    example = plan.examples[0]
    wrong = example.model_copy(update={"expected": example.expected.model_copy(update={"total_fen": 1})})

    assert run_example(plan, wrong).differences == ("total: 364700.00, expected 0.01",)


_EXAMPLE = """
examples:
  - id: a
    title: {zh: 例, en: example}
    source: S
    case: {账单: {总费用: 20万, 医保报销: 12万, 自付: 5万, %s: 3万}}
    expected: {liabilities: {one: 5万}, total: 5万, patient: 3万}
"""


def test_an_example_is_written_as_any_case_is() -> None:
    plan = load_plan(a_plan_text(a_liability(), _EXAMPLE % "自费"))
    assert run_example(plan, plan.examples[0]).differences == ()
    assert Plan.of_canonical_json(plan.canonical_json) == plan
    with pytest.raises(PlanInvalid) as refusal:
        load_plan(a_plan_text(a_liability(), _EXAMPLE % "自付一"))
    assert [(each.line, each.field) for each in refusal.value.problems] == [(14, "examples.0.case")]
    assert "once" in refusal.value.problems[0].right
