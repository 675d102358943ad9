"""`huiji claim --eob` and `--text`: a claim's decisions from adjudication's own log."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied
from libs.money import format_yuan
from services.operations.entrypoints import claim as explaining
from services.operations.entrypoints.commands import app
from services.operations.use_cases.explain_claim import Decided
from tests.unit.conservation.histories import ClaimFigures, a_history
from tests.unit.operations.served_platform import ServedPlatform, served

_CLAIMS = (ClaimFigures(ending="settled"), ClaimFigures(person=1, ending="denied"))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served(a_history(_CLAIMS).logs, tmp_path) as running:
        yield running


def decisions(platform: ServedPlatform) -> list[ClaimAdjudicated | ClaimDenied]:
    """What adjudication decided, known to the read model."""
    found = []
    for (source, _), log in platform.logs.items():
        for event in (each.decode() for each in log if source == "adjudication"):
            if isinstance(event, ClaimAdjudicated | ClaimDenied):
                document = {"claim_id": event.claim_id, "person_id": event.person_id}
                platform.answers["GET", f"/projections/claims/{event.claim_id}"] = (200, document)
                found.append(event)
    return found


def claim(platform: ServedPlatform, claim_id: str, *arguments: str) -> Result:
    asked = ["claim", claim_id, "--platform", str(platform.file), *arguments]
    return CliRunner().invoke(app, asked, env={"NO_COLOR": "1"})


def test_every_decision_comes_as_an_explanation_of_benefit(platform: ServedPlatform) -> None:
    for decision in decisions(platform):
        result = claim(platform, decision.claim_id, "--eob")
        assert result.exit_code == 0, result.output
        (entry,) = json.loads(result.stdout)["entry"]
        assert (entry["resource"]["id"], entry["resource"]["status"]) == (decision.decision_id, "active")


def test_the_standing_decision_is_told_as_text(platform: ServedPlatform) -> None:
    for decision in decisions(platform):
        zh, en = (claim(platform, decision.claim_id, "--text", language).stdout for language in ("zh", "en"))
        if isinstance(decision, ClaimDenied):
            assert zh.strip() == en.strip() == decision.reason
        else:
            assert zh.startswith("- ")
            assert en.splitlines()[0].endswith(f"= {format_yuan(decision.bill_fen)}")


def test_prose_is_not_asked_for_as_json(platform: ServedPlatform) -> None:
    assert claim(platform, decisions(platform)[0].claim_id, "--text", "zh", "--json").exit_code == 2


def test_a_claim_without_a_decision_has_nothing_to_explain(platform: ServedPlatform) -> None:
    person_id = decisions(platform)[0].person_id
    platform.answers["GET", "/projections/claims/c-9"] = (200, {"claim_id": "c-9", "person_id": person_id})
    result = claim(platform, "c-9", "--eob")
    assert (result.exit_code, "no decision" in result.stderr) == (1, True)


def test_a_withdrawn_claim_says_that_its_decision_was_taken_back(
    platform: ServedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = next(each for each in decisions(platform) if isinstance(each, ClaimAdjudicated))
    monkeypatch.setattr(explaining, "read_decisions", lambda *asked: (Decided(decision, "cancelled"),))
    result = claim(platform, decision.claim_id, "--text", "en")
    assert (result.exit_code, "was reversed and none took its place" in result.stderr) == (1, True)
