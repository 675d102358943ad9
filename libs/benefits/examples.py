"""Runs the worked examples that plan files carry."""

from dataclasses import dataclass

from libs.benefits.evaluation import evaluate
from libs.benefits.plan import Plan
from libs.benefits.result import Evaluation
from libs.benefits.worked_example import Example
from libs.money import format_yuan, round_to


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example evaluated; `differences` is empty when every published figure comes out."""

    plan_id: str
    example_id: str
    differences: tuple[str, ...]
    evaluation: Evaluation

    @property
    def agrees(self) -> bool:
        """Whether every figure comes out."""
        return not self.differences


def run_examples(plan: Plan) -> tuple[ExampleResult, ...]:
    """All examples of a plan, in the order of its file."""
    return tuple(run_example(plan, example) for example in plan.examples)


def run_example(plan: Plan, example: Example) -> ExampleResult:
    """Evaluates to the fen, then rounds each liability to the precision the example was published with.

    A published total is the sum of the rounded parts, as the sources compute it.
    """
    evaluation = evaluate(plan, example.case)
    unit_fen, rounding = example.precision.unit_fen, example.precision.rounding
    expected = example.expected
    differences: list[str] = []
    total_fen = 0
    for liability_id, paid_fen in evaluation.paid_by_liability.items():
        rounded_fen = round_to(paid_fen, unit_fen, rounding)
        total_fen += rounded_fen
        differences.extend(_difference(liability_id, rounded_fen, expected.liabilities.get(liability_id, 0)))
    differences.extend(_difference("total", total_fen, expected.total_fen))
    if expected.patient_fen is not None:
        patient_fen = round_to(evaluation.patient_bears_fen, unit_fen, rounding)
        differences.extend(_difference("patient", patient_fen, expected.patient_fen))
    return ExampleResult(plan.id, example.id, tuple(differences), evaluation)


def _difference(what: str, actual_fen: int, expected_fen: int) -> list[str]:
    if actual_fen == expected_fen:
        return []
    return [f"{what}: {format_yuan(actual_fen)}, expected {format_yuan(expected_fen)}"]
