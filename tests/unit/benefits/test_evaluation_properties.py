"""What must hold for every plan file and every case."""

import re
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given, settings

from libs.benefits import Bill, Case, Evaluation, Plan, evaluate, load_plans, plan_of, taker
from libs.benefits.case import Visit
from libs.benefits.explanation import decision_nodes
from libs.benefits.node import Language, Node
from libs.money import parse_yuan
from tests.unit.benefits.cases_of_any_plan import cases

_PLANS = list(load_plans().values())
_AMOUNT = re.compile(r"= (-?\d+\.\d\d)$")


def _evaluated(asked: tuple[Plan, Case]) -> Evaluation:
    return evaluate(*asked)


@settings(max_examples=300)
@given(cases(_PLANS).map(_evaluated))
def test_every_fen_of_every_bill_is_borne_by_exactly_one_party(evaluation: Evaluation) -> None:
    parties = (
        evaluation.layers_before_fen,
        evaluation.plan_pays_fen,
        evaluation.other_layers_fen,
        evaluation.patient_bears_fen,
    )
    assert sum(parties) == evaluation.total_fen
    assert min(parties) >= 0
    assert sum(part.amount_fen for part in evaluation.patient_share) == evaluation.patient_bears_fen


@settings(max_examples=200)
@given(cases(_PLANS).map(_evaluated))
def test_each_liability_accounts_for_all_the_cost_it_counted(evaluation: Evaluation) -> None:
    for outcome in evaluation.liabilities:
        assert outcome.base_fen == (
            outcome.scaled_out_fen
            + outcome.deductible.taken_fen
            + outcome.coinsurance_fen
            + outcome.above_cap_fen
            + outcome.limited_by_others_fen
            + outcome.paid_fen
        )
        assert min(outcome.coinsurance_fen, outcome.paid_fen, outcome.deductible.taken_fen) >= 0


@settings(max_examples=200)
@given(cases(_PLANS).map(_evaluated))
def test_no_cap_and_no_deductible_is_ever_exceeded(evaluation: Evaluation) -> None:
    plan, after = evaluation.plan, evaluation.usage_after.liabilities
    paid = {liability_id: used.paid_fen for liability_id, used in after.items()}
    if plan.cap is not None:
        assert sum(paid.values()) <= plan.cap.amount_fen
    for shared in plan.shared_caps:
        assert sum(paid.get(each, 0) for each in shared.liabilities) <= shared.amount_fen
    for liability in plan.liabilities:
        if liability.cap is not None:
            assert paid.get(liability.id, 0) <= liability.cap.amount_fen
    for outcome in evaluation.liabilities:
        taken = outcome.deductible.taken_fen
        assert taken <= max(0, outcome.deductible.required_fen - outcome.deductible.used_fen)


@settings(max_examples=200)
@given(cases(_PLANS))
def test_bills_one_by_one_with_usage_carried_equal_bills_together(asked: tuple[Plan, Case]) -> None:
    plan, case = asked
    together = evaluate(plan, case)
    used, paid_fen = case.used, 0
    for bill in case.bills:
        alone = evaluate(plan, Case(member=case.member, bills=(bill,), used=used))
        used, paid_fen = alone.usage_after, paid_fen + alone.plan_pays_fen

    assert used == together.usage_after
    assert paid_fen == together.plan_pays_fen


@settings(max_examples=150)
@given(cases(_PLANS).map(_evaluated))
def test_the_leaves_of_the_explanation_sum_to_the_bill_and_to_the_decision(evaluation: Evaluation) -> None:
    root = evaluation.explanation

    assert sum(leaf.result_fen for leaf in root.leaves()) == evaluation.total_fen
    decision = decision_nodes(root)
    assert sum(leaf.result_fen for node in decision for leaf in node.leaves()) == evaluation.plan_pays_fen
    _assert_children_sum(root)


def _assert_children_sum(node: Node) -> None:
    if node.children:
        assert sum(child.result_fen for child in node.children) == node.result_fen
    for child in node.children:
        _assert_children_sum(child)


def _amount_fen(line: str) -> int:
    amount = _AMOUNT.search(line)
    assert amount is not None, line
    return parse_yuan(amount[1])


@pytest.mark.parametrize("language", ["zh", "en"])
@settings(max_examples=100)
@given(cases(_PLANS).map(_evaluated))
def test_the_amounts_in_the_text_sum_to_the_decision(language: Language, evaluation: Evaluation) -> None:
    decision_fen = 0
    for node in decision_nodes(evaluation.explanation):
        texts = node.text(language).split("\n")
        parts = [line for line in texts if line.lstrip().startswith("-")]
        depths = [len(line) - len(line.lstrip()) for line in parts]
        leaves = [
            line for line, depth, below in zip(parts, depths, [*depths[1:], 0], strict=True) if below <= depth
        ]
        decision_fen += sum(_amount_fen(line) for line in leaves)

    assert decision_fen == evaluation.plan_pays_fen


@settings(max_examples=100)
@given(cases(_PLANS))
def test_the_same_case_as_json_gives_the_same_result(asked: tuple[Plan, Case]) -> None:
    plan, case = asked
    again = Case.model_validate_json(case.model_dump_json())

    assert evaluate(plan, again).as_json() == evaluate(plan, case).as_json()


@settings(max_examples=150)
@given(cases(_PLANS))
def test_what_the_engine_remembers_of_a_plan_changes_no_result(asked: tuple[Plan, Case]) -> None:
    plan, case = asked
    fresh = plan.model_copy()

    assert "remembered" not in fresh.__dict__
    assert evaluate(fresh, case).as_json() == evaluate(plan, case).as_json()


def test_a_copy_with_another_term_does_not_remember_the_old_one() -> None:
    plan = plan_of("demo-generic")
    case = plan.examples[0].case
    before = evaluate(plan, case)
    other = plan.model_copy(update={"liabilities": plan.liabilities[:1]})

    assert evaluate(other, case).paid_by_liability == {
        "in_catalogue": before.paid_by_liability["in_catalogue"]
    }


def test_situations_remembered_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taker, "_MOST_SITUATIONS", 3)
    plan = plan_of("changsha-2021").model_copy()
    bill = Bill(total_fen=100)
    for visit in get_args(Visit):
        evaluate(plan, Case(bills=(bill.model_copy(update={"visit": visit}),)))

    assert 0 < len(plan.remembered) <= 3


_FORMULA = re.compile(r"[-\d.%×min(), ]+")


def _formula_fen(formula: str) -> Fraction:
    """A formula as it is printed, worked out exactly."""
    assert _FORMULA.fullmatch(formula), formula
    numbers = re.sub(r"\d+(\.\d+)?", r"Fraction('\g<0>')", formula)
    exact: Fraction = eval(numbers.replace("%", "/100").replace("×", "*"), {"Fraction": Fraction, "min": min})
    return exact * 100


@settings(max_examples=150)
@given(cases(_PLANS).map(_evaluated))
def test_every_formula_gives_the_amount_beside_it(evaluation: Evaluation) -> None:
    waiting = [evaluation.explanation]
    while waiting:
        node = waiting.pop()
        waiting += [*node.children, *node.steps]
        if node.formula:
            # A band may take or give a fen of the one rounding over all bands.
            assert abs(_formula_fen(node.formula) - node.result_fen) <= (1 if node.kind == "band" else 0), (
                node
            )
