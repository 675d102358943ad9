"""`huiji estimate`: whom it asks about which file, and what it says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import ServedPlatform, served

EXAMPLES = Path("docs/schemas/examples")
OUTCOME = {
    "status": "pays",
    "pends_for": [],
    "bill_fen": 150_000,
    "plan_pays_fen": 60_000,
    "cash_benefits_fen": 0,
    "patient_bears_fen": 30_000,
    "liabilities": [{"liability_id": "in_catalogue", "paid_fen": 60_000}],
}
RESTS_ON = {
    "coverage_id": "c1",
    "plan_id": "weifang-2022",
    "plan_digest": "ab" * 32,
    "benefit_year": "2022-01-01",
}
ANSWER: dict[str, Any] = {
    "valid": True,
    "outcome": "estimated",
    "estimate": {
        "known": True,
        "outcome": OUTCOME,
        "rests_on": RESTS_ON,
        "as_of_version": 7,
        "assumed": ["records_available"],
    },
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as running:
        yield running


def estimate(platform: ServedPlatform, *arguments: object) -> Result:
    words = ["estimate", *map(str, arguments), "--platform", str(platform.file)]
    return CliRunner().invoke(app, words, env={"NO_COLOR": "1"})


def test_a_settlement_is_estimated_with_its_grounds(platform: ServedPlatform) -> None:
    platform.answers["POST", "/intake/settlements/$estimate"] = (200, ANSWER)
    result = estimate(platform, EXAMPLES / "national-settlement.json")
    assert result.exit_code == 0, result.output
    assert "600.00" in result.stdout
    assert "as of event 7" in result.stdout


def test_with_filing_it_is_checked_as_filing_would(platform: ServedPlatform) -> None:
    away = {"known": False, "because": "adjudication_silent", "sentence": "ask again later"}
    platform.answers["POST", "/intake/settlements/$validate"] = (200, {**ANSWER, "estimate": away})
    result = estimate(platform, EXAMPLES / "national-settlement.json", "--filing")
    assert (result.exit_code, "ask again later" in result.stderr) == (1, True)


def test_a_bundle_is_asked_about_in_fhir(platform: ServedPlatform) -> None:
    issue = {"diagnostics": "The plan would pay 600.00 yuan."}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    platform.answers["POST", "/intake/fhir/Bundle/$estimate"] = (200, outcome)
    assert "600.00 yuan" in estimate(platform, EXAMPLES / "fhir-bundle.json").stdout


def test_a_case_is_evaluated_by_adjudications_engine(platform: ServedPlatform) -> None:
    amounts = {"total_fen": 1, "plan_pays_fen": 60_000, "paid_by_liability": {}, "patient_bears_fen": 1}
    platform.answers["POST", "/adjudication/estimate/weifang-2022"] = (
        200,
        {**amounts, "cash_benefits_fen": 0},
    )
    result = estimate(platform, EXAMPLES / "planned-stay.yaml", "--plan", "weifang-2022")
    assert result.exit_code == 0, result.output
    assert "600.00" in result.stdout


def test_an_earlier_estimate_is_compared_with_what_became_of_the_claim(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    made = tmp_path / "made.json"
    made.write_text(json.dumps(ANSWER))
    changed = {"same": False, "changed": ["balances"], "then": OUTCOME, "now": {"plan_pays_fen": 50_000}}
    platform.answers["POST", "/intake/claims/c1/comparison"] = (200, changed)
    result = estimate(platform, made, "--claim", "c1")
    assert "changed since the estimate: balances" in result.stdout
    assert "now: the plan pays 500.00 yuan" in result.stdout


def test_a_file_that_is_none_of_these_is_said_so(platform: ServedPlatform, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.json"
    nothing.write_text("[1]")
    result = estimate(platform, nothing)
    assert (result.exit_code, "no JSON object" in result.stderr) == (1, True)
