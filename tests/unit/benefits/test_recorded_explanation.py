"""The explanation as it is recorded: smaller than the tree, and nothing lost of its sums."""

from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from libs.benefits import Bill, BillLine, Evaluation, Node, evaluate, load_plans
from libs.benefits.recorded import recorded_explanation
from tests.unit.benefits.cases_of_any_plan import cases
from tests.unit.benefits.plan_texts import a_liability, evaluated

_PLANS = list(load_plans().values())


def leaf_sum(node: dict[str, Any]) -> int:
    return sum(map(leaf_sum, node["children"])) if node["children"] else int(node["result_fen"])


@settings(max_examples=150)
@given(cases(_PLANS).map(lambda asked: evaluate(*asked)))
def test_the_recorded_tree_keeps_every_sum(evaluation: Evaluation) -> None:
    tree = evaluation.explanation
    recorded = recorded_explanation(tree)

    assert leaf_sum(recorded) == tree.result_fen
    assert {**recorded, "children": [], "steps": []} == {**tree.as_json(), "children": [], "steps": []}


def test_leaves_that_say_the_same_say_it_once_and_formulas_stay_apart() -> None:
    same = Node("part", "甲", "a", 5, clause="1")
    tree = Node(
        "patient",
        "个人",
        "patient",
        21,
        children=(
            same,
            replace(same, result_fen=3),
            replace(same, clause="2", result_fen=2),
            replace(same, grade="C", result_fen=1),
            replace(same, formula="1 + 1", result_fen=4),
            replace(same, formula="1 + 1", result_fen=6),
        ),
    )

    assert [part["result_fen"] for part in recorded_explanation(tree)["children"]] == [8, 2, 1, 4, 6]


def test_a_thousand_lines_that_nobody_pays_take_one_line() -> None:
    lines = tuple(BillLine(category="bed", amount_fen=1, self_funded_fen=1) for _ in range(1_000))
    result = evaluated(a_liability(), Bill(total_fen=1_000, self_funded_fen=1_000, lines=lines))
    patient = result.explanation.children[0].children[-1]

    assert [(part.en, part.result_fen) for part in patient.children] == [
        ("outside the catalogue: this part of the bill is not covered", 1_000)
    ]
    assert len(result.excluded) == 1_000
