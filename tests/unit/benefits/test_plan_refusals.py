"""A wrong plan file is refused with the line, the field and what would be right."""

import re
from pathlib import Path

import pytest

from libs.benefits import PlanInvalid, PlanUnknown, load_plan, load_plans, plan_of
from tests.unit.benefits.plan_texts import a_liability, a_plan_text

_GOOD = a_plan_text(a_liability("deductible: {amount: 1000}\npays: {ratio: 80%}"))


@pytest.mark.parametrize(
    ("right", "wrong", "field", "hint"),
    [
        ("ratio: 80%", "ratio: 0.8", "liabilities.0.pays.ratio", "65%"),
        ("ratio: 80%", "ratio: 100.01%", "liabilities.0.pays.ratio", "from 0% to 100%"),
        ("ratio: 80%", "ratio: 12.345%", "liabilities.0.pays.ratio", "at most two decimals"),
        ("amount: 1000", "amount: true", "liabilities.0.deductible.amount", "1.8万"),
        ("amount: 1000", "amount: a lot", "liabilities.0.deductible.amount", "1.8万"),
        ("amount: 1000", "amount: 0.001", "liabilities.0.deductible.amount", "one fen"),
        ("amount: 1000", "amount: -5", "liabilities.0.deductible.amount", "0 or more"),
        ("deductible: {", "deductable: {", "liabilities.0.deductable", "'deductible'"),
        ("in_scope: 100%", "in_scop: 100%", "liabilities.0.takes.0.buckets.in_scop", "in_scope"),
        ("pays: {ratio: 80%}", "pays: {}", "liabilities.0.pays", "exactly one of ratio, bands"),
        ("pays: {ratio: 80%}", "pays: {bands: [{ratio: 80%}]}", "liabilities.0.pays", "gross or excess"),
        (
            "pays: {ratio: 80%}",
            "pays: {measured_on: gross, bands: [{up_to: 5, ratio: 1%}, {up_to: 4, ratio: 2%}, {ratio: 3%}]}",
            "liabilities.0.pays",
            "rising up_to",
        ),
        ("source: S\n", "", "liabilities.0", "a source here or for the plan"),
        ("source: S\n", "source: T\n", "source", "a key of sources: S"),
        ("city: {zh: 某市, en: a city}\n", "", "city", "a value for 'city'"),
        (
            "pays: {ratio: 80%}",
            "pays: {ratio: 80%}\n    shares_deductible: pot",
            "liabilities.0",
            "at most one of",
        ),
        ("id: one", "id: One!", "liabilities.0.id", "pattern"),
        ("ratio: 80%}", "ratio: 80%, ratio: 70%}", "liabilities.0.pays.ratio", "once"),
        ("ratio: 80%}", "ratio: 80%", "(file)", "well-formed YAML"),
    ],
)
def test_a_mistake_is_refused_where_it_is_with_what_would_be_right(
    right: str, wrong: str, field: str, hint: str
) -> None:
    assert right in _GOOD
    text = _GOOD.replace(right, wrong)

    with pytest.raises(PlanInvalid) as refusal:
        load_plan(text)

    problem = refusal.value.problems[0]
    assert problem.field == field
    assert hint in problem.right
    assert re.search(r"line \d+, ", str(refusal.value))


_A_LAYER = """
hypothetical:
  when: {{scheme: none}}
  layers:
    - id: basic
      name: {{zh: 基本, en: basic}}
      takes: [{{buckets: {{in_scope: 100%}}}}]
      pays: {{ratio: 60%}}
      {}
"""


def test_the_line_is_the_line_of_the_mistake() -> None:
    text = _GOOD.replace("ratio: 80%", "ratio: 0.8")
    line = next(number for number, content in enumerate(text.split("\n"), 1) if "0.8" in content)

    with pytest.raises(PlanInvalid) as refusal:
        load_plan(text)

    assert refusal.value.problems[0].line == line


@pytest.mark.parametrize(
    ("liabilities", "rest", "field", "hint"),
    [
        (a_liability() + a_liability(), "", "liabilities.1.id", "an id of its own"),
        (
            a_liability("shares_deductible: pot\npays: {ratio: 1%}"),
            "",
            "liabilities.0.shares_deductible",
            "(none)",
        ),
        (a_liability(), "one_stop: {codes: {SBNYL: two}}", "one_stop.codes.SBNYL", "one of"),
        (
            a_liability(),
            "shared_caps: [{id: c, amount: 1, liabilities: [two]}]",
            "shared_caps.0.liabilities",
            "one",
        ),
        (
            a_liability().replace("buckets:", "lists: [x], buckets:"),
            "",
            "liabilities.0.takes.0.lists",
            "(none)",
        ),
        (
            a_liability("pays: {ratio: 1%}\ncaps: [{id: c, amount: 1, lists: [x]}]"),
            "",
            "liabilities.0.caps.0.lists",
            "",
        ),
        (
            a_liability("deductible: {floats_with: critical_illness_threshold}\npays: {ratio: 1%}"),
            "",
            "liabilities.0.deductible.floats_with",
            "critical_illness_thresholds",
        ),
        (
            "  - {id: a, name: {zh: 甲, en: a}, residue_of: {liabilities: [b]}, pays: {ratio: 1%}}\n"
            "  - {id: b, name: {zh: 乙, en: b}, residue_of: {liabilities: [a]}, pays: {ratio: 1%}}\n",
            "",
            "liabilities",
            "earlier results",
        ),
        (
            a_liability(),
            "exclusions: [{id: x, lists: [donatd]}]",
            "exclusions.0.lists",
            "one of the plan's lists",
        ),
        (
            a_liability("pays: {ratio: 1%, rules: [{when: {not: {any: [{tier: gold}]}}, set: 1%}]}"),
            "",
            "liabilities.0.pays.rules.0.when.not.any.0.tier",
            "base, upgraded",
        ),
        (
            a_liability(),
            "status_rules: [{tiers: [gold], any: [{sick_days: {at_least: 1, within_months: 1}}]}]",
            "status_rules.0.tiers",
            "base, upgraded",
        ),
        (
            a_liability(),
            _A_LAYER.format("deductible: {floats_with: critical_illness_threshold}"),
            "hypothetical.layers.0.deductible.floats_with",
            "critical_illness_thresholds",
        ),
        (
            a_liability(),
            _A_LAYER.format("shares_deductible: pot") + "deductibles: [{id: pot, amount: 1}]",
            "hypothetical.layers.0.shares_deductible",
            "a deductible of the layer's own",
        ),
        (
            a_liability(),
            _A_LAYER.format("precedence: 1").replace("in_scope", "self_funded"),
            "hypothetical.layers.0.takes",
            "in_scope: 100%",
        ),
        (a_liability(), "valid_from: 2025-02-01\nvalid_to: 2025-01-01", "valid_to", "not before"),
        (
            a_liability(),
            "insurers:\n"
            "  - {id: a, name: {zh: 甲, en: a}, share: 60%}\n"
            "  - {id: b, name: {zh: 乙, en: b}, share: 30%}\n",
            "insurers.0",
            "sum to 100%",
        ),
        (
            a_liability(),
            "insurers: [{id: a, name: {zh: 甲, en: a}, share: 100%, from: 2022-02-01, to: 2022-01-01}]",
            "insurers.0.to",
            "not before 2022-02-01",
        ),
        (a_liability(), "benefit_year_starts: '02-29'", "benefit_year_starts", "every year"),
        (a_liability(), "benefit_year_starts: '04-31'", "benefit_year_starts", "a day that every year has"),
        (
            a_liability(),
            "benefit_year_starts: '4-30'",
            "benefit_year_starts",
            "month and day as 'MM-DD', quoted",
        ),
        (
            a_liability("pays: {ratio: 1%, rules: [{when: {}, set: 1%}]}"),
            "",
            "liabilities.0.pays.rules.0.when",
            "one condition",
        ),
    ],
)
def test_contradictions_across_the_plan_are_refused(
    liabilities: str, rest: str, field: str, hint: str
) -> None:
    with pytest.raises(PlanInvalid) as refusal:
        load_plan(a_plan_text(liabilities, rest))

    assert field in {problem.field for problem in refusal.value.problems}
    assert any(hint in problem.right for problem in refusal.value.problems)


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    with pytest.raises(PlanInvalid) as refusal:
        load_plan(_GOOD.replace("80%", "0.8").replace("amount: 1000", "amount: x"))

    assert [problem.field for problem in refusal.value.problems] == [
        "liabilities.0.deductible.amount",
        "liabilities.0.pays.ratio",
    ]


def test_a_plan_is_read_from_a_path_and_its_digest_ignores_layout(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(f"# a comment\n{_GOOD}", encoding="utf-8")

    assert load_plan(file).digest == load_plan(str(file)).digest == load_plan(_GOOD).digest
    assert load_plan(_GOOD.replace("80%", "81%")).digest != load_plan(_GOOD).digest


def test_an_unknown_plan_is_named_with_those_that_exist() -> None:
    with pytest.raises(PlanUnknown, match="weifang-2022"):
        plan_of("nowhere")
    assert plan_of("weifang-2022") is load_plans()["weifang-2022"]
