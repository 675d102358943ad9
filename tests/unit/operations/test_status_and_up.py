"""`huiji status`, and a second `huiji up --detach`: what they say and what they leave alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from libs.local_platform import RunLock
from services.operations.entrypoints import up
from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import SERVICES, ServedPlatform, served

METRICS = """# HELP huiji_lag_events Events not processed yet
# TYPE huiji_lag_events gauge
huiji_lag_events{shard="0",source="intake"} 3.0
huiji_lag_events{shard="1",source="intake"} 4.0
# HELP huiji_parked_events Events parked
# TYPE huiji_parked_events gauge
huiji_parked_events{reason="event_unreadable"} 2.0
# HELP huiji_unpublished_events Recorded events not published yet
# TYPE huiji_unpublished_events gauge
huiji_unpublished_events{shard="0"} 5.0
# HELP process_start_time_seconds Start time
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
"""
CLAIM = {
    "claim_id": "c-1",
    "status": "pended",
    "pend_reasons": ["score_missing"],
    "received_at": "2026-01-01T00:00:00+00:00",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as running:
        for service in SERVICES:
            running.answers["GET", f"/{service}/health/ready"] = (200, {"reasons": [], "held": []})
            running.answers["GET", f"/{service}/metrics"] = (200, METRICS)
        running.answers["GET", "/projections/operator"] = (200, [CLAIM])
        yield running


def status(platform: ServedPlatform, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        app, ["status", "--platform", str(platform.file), *more], env={"NO_COLOR": "1"}
    )
    return result.exit_code, result.stdout


def test_every_part_is_shown_with_its_numbers_and_the_oldest_open_claim(platform: ServedPlatform) -> None:
    code, text = status(platform, "--json")
    told = json.loads(text)
    assert (code, told["well"], told["oldest_open_claim"]) == (1, False, CLAIM), "something is parked"
    payout = next(part for part in told["parts"] if part["part"] == "payout")
    assert (payout["up"], payout["ready"], payout["lag"], payout["parked"], payout["behind"]) == (
        True,
        True,
        7,
        2,
        5,
    )
    assert payout["started_at"] == "2023-11-14T22:13:20+00:00"
    assert "c-1, received 2026-01-01T08:00:00 (score_missing)" in status(platform)[1]


def test_it_ends_with_0_when_every_part_is_ready_and_nothing_is_parked(platform: ServedPlatform) -> None:
    for service in SERVICES:
        nothing_parked = METRICS.replace('reason="event_unreadable"} 2.0', 'reason="event_unreadable"} 0.0')
        platform.answers["GET", f"/{service}/metrics"] = (200, nothing_parked)
    code, text = status(platform, "--json")
    assert (code, json.loads(text)["well"]) == (0, True)
    platform.answers["GET", "/payout/metrics"] = (200, METRICS)
    assert status(platform)[0] == 1


def test_what_intake_has_in_hand_is_said_with_the_part_of_one_hospital(platform: ServedPlatform) -> None:
    told = {"huiji_intake_in_hand": 1204, "huiji_intake_in_hand_largest": 1000}
    numbers = "".join(f"# TYPE {name} gauge\n{name} {value}.0\n" for name, value in told.items())
    platform.answers["GET", "/intake/metrics"] = (200, METRICS + numbers)
    assert "intake has 1204 submissions in hand, 1000 of one hospital." in status(platform)[1]


def test_a_part_that_is_not_ready_says_why_and_one_that_is_gone_is_not_up(platform: ServedPlatform) -> None:
    reasons = {"reasons": ["relay: the broker is away"], "held": ["intake/3: it is down"]}
    platform.answers["GET", "/fraud/health/ready"] = (503, reasons)
    document = json.loads(platform.file.read_text())
    platform.file.write_text(json.dumps({**document, "bank_url": "http://127.0.0.1:9"}))
    code, text = status(platform)
    assert code == 1
    (fraud,) = (line for line in text.splitlines() if line.startswith("fraud"))
    assert "the broker is away; intake/3: it is down" in fraud
    (bank,) = (line for line in text.splitlines() if line.startswith("bank"))
    assert bank.split()[:2] == ["bank", "no"]


def test_a_second_up_touches_nothing_and_says_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "UP", tmp_path)
    run = tmp_path / "run"
    with RunLock(run):
        log = run / "supervisor.log"
        log.write_text("what the running one has said")
        starting = CliRunner().invoke(app, ["up", "--detach"], env={"NO_COLOR": "1"})
        (run / "platform.json").write_text(json.dumps({"services": {"intake": "http://127.0.0.1:8101"}}))
        again = CliRunner().invoke(app, ["up", "--detach"], env={"NO_COLOR": "1"})
        assert log.read_text() == "what the running one has said"
    assert (starting.exit_code, "still starting" in starting.stdout) == (0, True)
    assert (again.exit_code, "already running" in again.stdout) == (0, True)
    assert "http://127.0.0.1:8101" in again.stdout


def test_that_no_claim_waits_is_said_only_of_projections_that_answered(platform: ServedPlatform) -> None:
    platform.answers["GET", "/projections/operator"] = (403, {})
    _, text = status(platform)
    assert "Which claims wait for a decision is not known: projections answers 403." in text
    platform.answers["GET", "/projections/operator"] = (200, [])
    assert "No claim waits for a decision." in status(platform)[1]
