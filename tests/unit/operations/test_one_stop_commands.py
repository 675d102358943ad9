"""`huiji one-stop`: the list, one difference, and the answer that goes to adjudication with a token."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import ServedPlatform, served

ID = "6a1d0c52-7be4-5f90-8d13-c2e95b07f468"
PERSON = "p_" + "a" * 32
FOUND: dict[str, Any] = {
    "difference_id": ID,
    "claim_id": "c1",
    "person_id": PERSON,
    "plan_id": "demo-generic",
    "mode": "one_stop",
    "reference": "YZS1",
    "taken": "centre",
    "centre_fen": 4_600_000,
    "own_fen": 4_800_000,
    "difference_fen": -200_000,
    "causes": ["deductible"],
    "found_at": "2026-03-15T08:31:20Z",
    "standing": "open",
}
ONE = FOUND | {
    "causes": "deductible",
    "compared": [
        {
            "liability_id": "in_catalogue",
            "centre_deductible_fen": 1_200_000,
            "own_deductible_fen": 1_000_000,
            "centre_pays_fen": 3_800_000,
            "own_pays_fen": 4_000_000,
        }
    ],
    "outcome": None,
    "ended_at": None,
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as running:
        running.answers["GET", "/projections/operator/one-stop"] = (200, [FOUND])
        running.answers["GET", f"/projections/operator/one-stop/{ID}"] = (200, ONE)
        yield running


def huiji(platform: ServedPlatform, *words: str) -> Result:
    environment = {"NO_COLOR": "1", "HUIJI_STAFF_TOKEN": "a-token"}
    return CliRunner().invoke(app, ["one-stop", *words, "--platform", str(platform.file)], env=environment)


def test_the_list_says_how_much_and_why(platform: ServedPlatform) -> None:
    result = huiji(platform, "list", "--standing", "open")
    assert result.exit_code == 0, result.output
    for word in (ID, "46000.00", "48000.00", "-2000.00", "deductible"):
        assert word in result.stdout
    assert platform.asked[-1][1].endswith("/operator/one-stop?standing=open&limit=100")


def test_one_is_shown_by_liability(platform: ServedPlatform) -> None:
    result = huiji(platform, "show", ID)
    assert result.exit_code == 0, result.output
    for word in ("in_catalogue", "12000.00", "10000.00", "38000.00", "40000.00"):
        assert word in result.stdout


@pytest.mark.parametrize(("word", "outcome"), [("accept", "accepted"), ("dispute", "disputed")])
def test_an_answer_goes_to_the_claim_with_the_staff_token(
    platform: ServedPlatform, word: str, outcome: str
) -> None:
    url = f"/adjudication/people/{PERSON}/claims/c1/one-stop-differences/{ID}/answer"
    answer = {"outcome": outcome, "reason": "wrong_deductible", "answered_by": "examiner-01"}
    platform.answers["POST", url] = (200, {"one_stop_answer": answer})
    result = huiji(platform, word, ID, "--reason", "wrong_deductible")
    assert result.exit_code == 0, result.output
    assert platform.asked[-1] == ("POST", url, {"outcome": outcome, "reason": "wrong_deductible"})
    assert platform.tokens[-1] == "Bearer a-token"
    assert f"{outcome} by examiner-01" in result.stdout


def test_a_difference_that_is_not_there_is_said(platform: ServedPlatform) -> None:
    result = huiji(platform, "show", "another")
    assert (result.exit_code, "Not here" in result.stderr) == (1, True)


def test_totals_tell_what_is_owed_to_the_centre(platform: ServedPlatform) -> None:
    total = {"plan_id": "demo-generic", "mode": "one_stop", "standing": "open", "differences": 1}
    amounts = {"centre_fen": 1, "own_fen": 2, "centre_more_fen": 0, "centre_less_fen": 1}
    platform.answers["GET", "/projections/operator/one-stop/totals"] = (200, [total | amounts])
    owed = [{"plan_id": "demo-generic", "month": "2026-03", "claims": 7, "desk_fen": 123_456}]
    platform.answers["GET", "/projections/operator/centre-clearing"] = (200, owed)
    result = huiji(platform, "totals")
    assert result.exit_code == 0, result.output
    assert "1234.56" in result.stdout
