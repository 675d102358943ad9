"""`huiji parked reasons|show|retry|annul|patch|approve` and `huiji breaker`: what they ask, say and end with."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import ServedPlatform, served

PERSON = "p_" + "a" * 32
ROW = {
    "subject": "claim-1",
    "type": "ClaimScored",
    "source": "fraud",
    "shard": 1,
    "position": 7,
    "reason": "event_unreadable",
    "error": "a field is missing",
    "attempts": 2,
    "parked_at": "2026-03-15T08:30:12+00:00",
    "event": {"body": json.dumps({"score": 3, "person_id": PERSON})},
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as running:
        running.answers["GET", "/adjudication/parked/claim-1"] = (200, [ROW])
        running.answers["GET", "/fraud/amendments/1/7"] = (200, {"amendments": []})
        yield running


def on(platform: ServedPlatform, *arguments: object) -> Result:
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, [*words, "--platform", str(platform.file)], env={"NO_COLOR": "1"})


def test_reasons_are_counted_with_the_age_of_the_oldest(platform: ServedPlatform) -> None:
    row = {
        "reason": "event_unreadable",
        "events": 3,
        "subjects": 2,
        "oldest_seconds": 61,
        "oldest_parked_at": "2026-03-02T08:00:00+00:00",
    }
    platform.answers["GET", "/adjudication/parked/reasons"] = (200, [row])
    assert json.loads(on(platform, "parked", "reasons", "--json").stdout) == [
        {"service": "adjudication", **row}
    ]
    shown = on(platform, "parked", "reasons").stdout
    assert "61" in shown and "2026-03-02T16:00:00" in shown, "by the city's clock"


def test_an_event_is_shown_beside_its_error_its_amendments_and_the_state(platform: ServedPlatform) -> None:
    amendment = {"type": "PatchProposed", "number": 1, "proposed_by": "li", "why": "the hospital says so"}
    platform.answers["GET", "/fraud/amendments/1/7"] = (200, {"amendments": [amendment]})
    state = {"events": 2, "state": {"claims": {"1": {"bill_fen": 12_300}}}}
    platform.answers["GET", f"/adjudication/streams/person-{PERSON}/state"] = (200, state)
    shown = on(platform, "parked", "show", "claim-1", "--service", "adjudication", "--by", "chen").stdout
    assert "a field is missing" in shown
    assert "PatchProposed 1 by li: the hospital says so" in shown
    assert "claims.1.bill: 123.00 yuan" in shown
    assert any("/state" in path and "by=chen" in path for _, path, _ in platform.asked)


def test_many_are_retried_upstream_first_and_page_by_page(platform: ServedPlatform) -> None:
    done = {"subjects": 2, "retried": 3, "still_parked": 0, "next_after": None}
    for service in ("payout", "fraud"):
        platform.answers["POST", f"/{service}/parked/retry"] = (200, done)
    result = on(platform, "parked", "retry", "--reason", "event_unreadable", "--by", "li", "--json")
    assert json.loads(result.stdout) == {"subjects": 4, "retried": 6, "still_parked": 0}
    asked = [path.split("/")[1] for _, path, _ in platform.asked]
    assert asked.index("fraud") < asked.index("payout")
    assert platform.asked[0][2] == {"reason": "event_unreadable", "after": 0}


def test_a_subject_is_retried_at_a_service_that_is_named(platform: ServedPlatform) -> None:
    assert on(platform, "parked", "retry", "claim-1").exit_code == 2
    assert on(platform, "parked", "retry", "claim-1", "--service", "fraud", "--reason", "x").exit_code == 2


def test_an_annulment_goes_to_the_log_that_has_the_event(platform: ServedPlatform) -> None:
    platform.answers["POST", "/fraud/amendments/1/7/annul"] = (200, {"annulled": 1})
    where = ("claim-1", "--service", "adjudication", "--by", "wang")
    assert on(platform, "parked", "annul", *where).exit_code == 2, "a reason is needed"
    result = on(platform, "parked", "annul", *where, "--why", "never happened")
    assert result.stdout.strip() == "annulled: ClaimScored at 1/7 of fraud."
    assert platform.asked[-1][2] == {"why": "never happened"}
    assert platform.tokens[-1] == "Bearer token-of-wang"


def test_a_patch_is_proposed_from_a_file_and_approved_by_another(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"score": 4}')
    platform.answers["POST", "/fraud/amendments/1/7/propose"] = (200, {"proposed": 1, "proposal": 3})
    where = ("claim-1", "--service", "adjudication", "--why", "w", "--by")
    proposed = on(platform, "parked", "patch", *where, "li", "--file", body)
    assert proposed.stdout.strip() == "proposed: ClaimScored at 1/7 of fraud (proposal 3)."
    assert platform.asked[-1][2] == {"why": "w", "patched": {"score": 4}}
    refusal = {"title": "Another person has to approve", "detail": "A patch needs two people."}
    platform.answers["POST", "/fraud/amendments/1/7/approve"] = (403, refusal)
    assert on(platform, "parked", "approve", *where, "li").exit_code == 2, "which one is to be said"
    result = on(platform, "parked", "approve", *where, "li", "--proposal", 3)
    assert platform.asked[-1][2] == {"why": "w", "proposal": 3}
    assert (result.exit_code, "Another person has to approve" in result.stderr) == (1, True)
    assert on(platform, "parked", "patch", *where, "li", "--file", tmp_path / "none").exit_code == 2


def test_a_breaker_is_shown_and_reset_with_a_reason(platform: ServedPlatform) -> None:
    platform.answers["GET", "/payout/breaker"] = (200, {"seen": 200, "parked": 120, "holds": True})
    platform.answers["POST", "/payout/breaker/reset"] = (200, {"seen": 200, "parked": 120, "holds": True})
    shown = on(platform, "breaker", "show", "--service", "payout")
    assert (shown.exit_code, "holds: 120 of the last 200" in shown.stdout) == (1, True)
    assert on(platform, "breaker", "reset", "--service", "payout").exit_code == 2
    assert (
        on(platform, "breaker", "reset", "--service", "payout", "--why", "a bad file", "--by", "li").exit_code
        == 0
    )
    assert platform.asked[-1][2] == {"why": "a bad file"}


def test_nobody_acts_without_a_token(
    platform: ServedPlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HUIJI_STAFF_TOKEN", raising=False)
    monkeypatch.delenv("HUIJI_STAFF_TOKEN_FILE", raising=False)
    annul = ("parked", "annul", "claim-1", "--service", "adjudication", "--why", "w")
    for more in ((), ("--by", "root")):
        refused = on(platform, *annul, *more)
        assert (refused.exit_code, "who acts?" in refused.stderr) == (1, True)
    assert platform.asked == []
    platform.answers["POST", "/fraud/amendments/1/7/annul"] = (200, {"annulled": 1})
    (tmp_path / "token").write_text("my-own\n")
    monkeypatch.setenv("HUIJI_STAFF_TOKEN_FILE", str(tmp_path / "token"))
    assert on(platform, *annul).exit_code == 0
    assert platform.tokens[-1] == "Bearer my-own"
