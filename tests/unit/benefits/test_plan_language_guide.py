"""The guide's examples work as printed, and the committed schemas are those of the code."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from libs.benefits import Case, evaluate, load_plan, load_plans, plan_of
from libs.benefits.examples import run_examples
from libs.benefits.inspection import check_plan, diff_plans, list_plans
from libs.benefits.plan_text import show_plan
from libs.benefits.schema import case_json_schema, plan_json_schema
from tests.unit.benefits.plan_texts import a_liability, a_plan_text

_ROOT = Path(__file__).parents[3]
_GUIDE = (_ROOT / "docs" / "plan-language.md").read_text(encoding="utf-8")
_VALIDATOR = Draft202012Validator(plan_json_schema())
_PLAN_FILES = sorted((_ROOT / "libs" / "benefits" / "plans").glob("*.yaml"))


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", _GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_guides_plan_is_accepted_and_its_example_comes_out() -> None:
    results = run_examples(load_plan(_block("yaml")))

    assert [result.differences for result in results] == [()]


def _fragments() -> list[tuple[str, str]]:
    found = re.findall(r"```yaml (plan|liability|takes)\n(.*?)```", _GUIDE, re.DOTALL)
    return [(kind, textwrap.dedent(text)) for kind, text in found]


def test_each_of_the_sixteen_shapes_has_a_passage_and_a_plan_that_carries_it() -> None:
    section = _GUIDE.split("## Sixteen shapes")[1].split("\n## ")[0]
    shapes = re.split(r"^(\d+)\. ", section, flags=re.MULTILINE)[1:]
    assert [int(number) for number in shapes[::2]] == list(range(1, 17))
    named = set(re.findall(r"`([a-z]+-20\d\d|huiqin)`", section))
    assert named <= set(load_plans())
    without = [
        number for number, text in zip(shapes[::2], shapes[1::2], strict=True) if "```yaml" not in text
    ]
    assert without == ["10"]


@pytest.mark.parametrize(("kind", "fragment"), _fragments())
def test_every_fragment_of_the_guide_is_a_term_of_some_plan(kind: str, fragment: str) -> None:
    content = yaml.safe_load(a_plan_text(a_liability()))
    given = yaml.safe_load(fragment)
    match kind:
        case "plan":
            content |= given
        case "liability":
            content["liabilities"][0] |= given
        case _:
            content["liabilities"][0]["takes"] = given
    plan = load_plan(yaml.safe_dump(content, allow_unicode=True))

    assert evaluate(plan, Case.model_validate({"bills": [{"total_fen": 1_000_000}]})).total_fen == 1_000_000


def test_the_guides_case_is_evaluated() -> None:
    result = evaluate(plan_of("weifang-2022"), Case.model_validate_json(_block("json")))

    # 10,000 of the deductible and of the first band were used before.
    assert result.paid_by_liability == {
        "in_catalogue": 141_300_00,
        "out_of_catalogue_drugs": 28_200_00,
        "special_drugs": 203_200_00,
    }


@pytest.mark.parametrize(("name", "schema"), [("plan", plan_json_schema()), ("case", case_json_schema())])
def test_the_committed_schema_is_current(name: str, schema: dict[str, Any]) -> None:
    committed = json.loads((_ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))

    assert committed == json.loads(json.dumps(schema))


@pytest.mark.parametrize("file", _PLAN_FILES, ids=lambda file: file.stem)
def test_every_plan_file_satisfies_the_schema_that_editors_use(file: Path) -> None:
    content = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))

    assert [error.message for error in _VALIDATOR.iter_errors(content)] == []
    assert content["id"] == file.stem


def test_check_reports_problems_examples_and_assumptions() -> None:
    refused = check_plan("format: huiji-plan/1\nid: x\n")
    accepted = check_plan(_block("yaml"))

    assert not refused.passed
    assert {problem.field for problem in refused.problems} >= {"name", "city", "liabilities"}
    assert accepted.passed
    assert accepted.assumptions == ("liabilities.special_drugs.pays: ratio not published",)


def test_diff_names_the_terms_that_changed_in_yuan_and_percent() -> None:
    text = _block("yaml")
    changed = load_plan(
        text.replace("amount: 5万}\n    pays: {ratio: 45%}", "amount: 6万}\n    pays: {ratio: 50%}")
    )

    assert [(each.field, each.before, each.after) for each in diff_plans(load_plan(text), changed)] == [
        ("liabilities.second_layer.deductible.amount", "50000.00", "60000.00"),
        ("liabilities.second_layer.pays.ratio", "45%", "50%"),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_plan_can_be_shown_with_its_sources_and_assumptions(language: Any) -> None:
    for plan in load_plans().values():
        text = show_plan(plan, language)

        assert all(liability.id in text for liability in plan.liabilities)
        assert all(f"[{source.grade}]" in text for source in plan.sources.values())
        assert plan.digest in text


def test_the_list_counts_what_each_plan_assumes() -> None:
    assumed = {row.id: row.assumptions for row in list_plans()}

    assert assumed["critical-illness-tiers"] == 0
    assert assumed["zhelibao"] > 0
