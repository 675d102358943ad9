"""A decision as a FHIR R4 ExplanationOfBenefit: valid, and its amounts are the decision's."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import orjson
from hypothesis import given, settings

from libs.benefits import Evaluation, evaluate, load_plans
from libs.benefits.recorded import recorded_explanation
from libs.contracts.adjudication import Bearing, ClaimAdjudicated, ClaimDenied
from libs.interop.fhir import encode_bundle, explanation_of_benefit
from libs.interop.fhir.gate import check_resource
from libs.interop.reading import Problems
from tests.unit.benefits.cases_of_any_plan import cases

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_DECIDED: dict[str, Any] = {
    "person_id": "p_" + "0a" * 16,
    "claim_id": "claim-1",
    "decision_id": "0b0e7c1e-3f7a-5d0c-9f57-1b5f0a7f8d11",
    "hospital_id": "H41050200301",
    "coverage_id": "coverage-1",
    "plan_id": "anyang-2022",
    "service_date": date(2026, 2, 1),
    "decided_at": _NOW,
    "received_at": _NOW,
}
_LEAF = re.compile(r"^( *)- .*= (-?\d+\.\d\d)$", re.MULTILINE)


def a_decision(found: Evaluation) -> ClaimAdjudicated:
    """What adjudication would publish of an evaluation."""
    parts = [("other_fund", found.layers_before_fen + found.other_layers_fen, "others")]
    parts += [("plan", fen, name) for name, fen in found.paid_by_liability.items()]
    parts += [("patient", found.patient_bears_fen, "left")]
    bearings = tuple(
        Bearing.model_validate({"bearer": bearer, "amount_fen": fen, "clause": clause})
        for bearer, fen, clause in parts
        if fen
    )
    return ClaimAdjudicated(
        **_DECIDED,
        bill_fen=found.total_fen,
        bearings=bearings,
        plan_digest=found.plan.digest,
        benefit_year="2026-01-01",
        inputs_digest="0" * 64,
        plan_pays_fen=found.plan_pays_fen,
        cash_benefits_fen=found.cash_benefits_fen,
        patient_bears_fen=found.patient_bears_fen,
        liabilities=(),
        usage_after={},
        explanation=recorded_explanation(found.explanation),
    )


def in_schema(resource: dict[str, Any]) -> list[str]:
    """What breaks R4's schema in the resource as it is sent."""
    problems = Problems()
    check_resource("ExplanationOfBenefit", orjson.loads(encode_bundle(resource)), problems)
    return [str(reason) for reason in problems.reasons]


def decided_yuan(text: str) -> Decimal:
    """The sum of the finest parts below every line of what the plan pays."""
    lines = [(len(found[1]), Decimal(found[2]), found[0]) for found in _LEAF.finditer(text)]
    total, inside = Decimal(0), -1
    for (depth, amount, line), below in zip(lines, [*(each[0] for each in lines[1:]), 0], strict=True):
        if "本计划赔付" in line or "the plan pays" in line:
            inside = depth
        elif depth <= inside:
            inside = -1
        if inside >= 0 and below <= depth:
            total += amount
    return total


@settings(max_examples=60)
@given(cases(list(load_plans().values())).map(lambda asked: evaluate(*asked)))
def test_any_decision_is_valid_and_adds_up_in_codes_and_in_both_texts(found: Evaluation) -> None:
    decision = a_decision(found)
    resource = explanation_of_benefit(decision)
    amounts = [(each["category"]["coding"], each["amount"]["value"]) for each in resource["total"]]
    submitted = amounts[0][1]
    benefit = [value for coding, value in amounts if coding[-1]["code"] == "benefit"]

    assert in_schema(resource) == []
    assert submitted * 100 == found.total_fen
    assert sum(value for _, value in amounts[1:]) == submitted
    assert sum(part["amount"]["value"] for part in resource["adjudication"]) == submitted
    assert sum(benefit) * 100 == found.plan_pays_fen
    assert resource["payment"]["amount"]["value"] * 100 == found.plan_pays_fen + found.cash_benefits_fen
    assert [decided_yuan(note["text"]) * 100 for note in resource["processNote"]] == [found.plan_pays_fen] * 2


def test_the_published_sample_of_a_decision_can_be_explained() -> None:
    golden = files("libs.contracts") / "golden" / "adjudication" / "ClaimAdjudicated.v1.json"
    sample = orjson.loads(golden.read_bytes())
    decision = ClaimAdjudicated.model_validate(sample.get("data", sample))
    resource = explanation_of_benefit(decision, "cancelled")

    assert in_schema(resource) == []
    assert resource["status"] == "cancelled"


def test_a_denial_states_its_reason_and_pays_nothing() -> None:
    denied = ClaimDenied(
        **{**_DECIDED, "plan_id": None, "coverage_id": None},
        bill_fen=100,
        bearings=(Bearing(bearer="patient", amount_fen=100, clause="denied: no_coverage"),),
        reason="no_coverage",
        supersedes="earlier",
    )
    resource = explanation_of_benefit(denied)

    assert in_schema(resource) == []
    assert resource["disposition"] == "denied: no_coverage"
    assert resource["related"][0]["reference"]["value"] == "earlier"
    assert "payment" not in resource


def test_the_schema_check_of_these_tests_can_fail() -> None:
    resource = explanation_of_benefit(a_decision(_an_evaluation()))

    assert in_schema({**resource, "provider": "H1"}) != []
    assert in_schema({**resource, "unknown": 1}) != []


def _an_evaluation() -> Evaluation:
    plan = load_plans()["anyang-2022"]
    return evaluate(plan, plan.examples[0].case)
