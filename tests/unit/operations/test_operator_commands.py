"""`huiji parked`, `topics`, `claim`, `plan`, `evaluate`, `hospital-key`: what they ask, say and end with."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from libs.benefits import load_plans
from libs.privacy import create_master_key
from libs.privacy.hospital_key import hospital_key
from services.operations.adapters.announcing import FILE, announced
from services.operations.domain.topology import Addresses
from services.operations.entrypoints import finding
from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import ServedPlatform, served

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
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as running:
        yield running


def huiji(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})


def on(platform: ServedPlatform, *arguments: object) -> Result:
    return huiji(*arguments, "--platform", platform.file)


def test_what_is_parked_anywhere_is_listed_with_its_service(platform: ServedPlatform) -> None:
    platform.answers["GET", "/adjudication/parked"] = (200, [ROW])
    result = on(platform, "parked", "list")
    assert result.exit_code == 0
    assert "adjudication" in result.stdout
    assert "a field is missing" in result.stdout
    assert json.loads(on(platform, "parked", "list", "--json").stdout) == [{"service": "adjudication", **ROW}]


def test_a_service_that_is_named_must_know_of_parking(platform: ServedPlatform) -> None:
    assert "Nothing is parked" in on(platform, "parked", "list").stdout
    result = on(platform, "parked", "list", "--service", "intake")
    assert (result.exit_code, "intake consumes nothing" in result.stderr) == (1, True)
    unknown = on(platform, "parked", "list", "--service", "intakes")
    assert (unknown.exit_code, "has no service 'intakes'" in unknown.stderr) == (2, True)


def test_a_database_that_does_not_answer_is_said_in_a_line(platform: ServedPlatform, tmp_path: Path) -> None:
    known = json.loads(platform.file.read_text())
    for away in (f"postgresql://huiji@/huiji?host={tmp_path}", "postgresql://x@127.0.0.1:1/x", "nonsense"):
        platform.file.write_text(json.dumps(known | {"database_url": away}))
        result = on(platform, "lag")
        assert (result.exit_code, len(result.stderr.splitlines())) == (3, 1), result.stderr
        assert "the database does not answer" in result.stderr


def test_a_reason_narrows_the_list(platform: ServedPlatform) -> None:
    on(platform, "parked", "list", "--reason", "a&b", "--limit", "5")
    assert all("limit=5&reason=a%26b" in path for _, path, _ in platform.asked)


def test_a_subject_is_shown_with_its_events(platform: ServedPlatform) -> None:
    row = {**ROW, "event": {"body": '{"score": 3}'}}
    platform.answers["GET", "/adjudication/parked/claim-1"] = (200, [row])
    platform.answers["GET", "/fraud/amendments/1/7"] = (200, {"amendments": []})
    result = on(platform, "parked", "show", "claim-1", "--service", "adjudication")
    assert '{"score": 3}' in result.stdout
    assert "fraud/1/7" in result.stdout


@pytest.mark.parametrize(("still_parked", "status"), [(0, 0), (2, 1)])
def test_a_retry_that_leaves_something_parked_is_no_success(
    platform: ServedPlatform, still_parked: int, status: int
) -> None:
    answer = {"retried": 1, "still_parked": still_parked}
    platform.answers["POST", "/adjudication/parked/claim-1/retry"] = (200, answer)
    result = on(platform, "parked", "retry", "claim-1", "--service", "adjudication", "--by", "li")
    assert result.exit_code == status
    assert platform.asked[-1] == ("POST", "/adjudication/parked/claim-1/retry", {})


def test_a_discard_needs_a_reason_and_names_who_does_it(platform: ServedPlatform) -> None:
    platform.answers["POST", "/adjudication/parked/claim-1/discard"] = (200, {"discarded": 1})
    arguments = ("parked", "discard", "claim-1", "--service", "adjudication", "--by", "li")
    assert on(platform, *arguments).exit_code == 2
    assert on(platform, *arguments, "--why", "sent twice").exit_code == 0
    assert platform.asked[-1][2] == {"why": "sent twice"}


def test_money_that_came_back_is_proposed_from_a_file_and_approved_by_another(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    account = {"account": "6222", "account_bank": "102"}
    (tmp_path / "to.json").write_text(json.dumps(account))
    platform.answers["POST", "/payout/payments/p-1/pay-again"] = (200, {"proposed": "p-1", "by": "li"})
    platform.answers["POST", "/payout/payments/p-1/pay-again/approval"] = (
        200,
        {"paid_as": "p-2", "by": "wang"},
    )
    assert on(platform, "pay-again", "p-1", "--by", "li").exit_code == 2
    proposed = on(platform, "pay-again", "p-1", "--to", tmp_path / "to.json", "--by", "li")
    assert "somebody else: huiji pay-again p-1 --approve" in proposed.stdout
    assert platform.asked[-1][2] == account
    approved = on(platform, "pay-again", "p-1", "--approve", "--by", "wang")
    assert "approved by wang: it is paid as p-2" in approved.stdout
    assert platform.tokens[-2:] == ["Bearer token-of-li", "Bearer token-of-wang"]


def test_a_topic_is_rebuilt_by_its_service(platform: ServedPlatform) -> None:
    platform.answers["POST", "/payout/relay/rebuild"] = (200, {"events": 12})
    result = on(platform, "topics", "rebuild", "--service", "payout")
    assert "12 events of payout" in result.stdout


def test_a_claim_is_shown_with_its_way(platform: ServedPlatform) -> None:
    step = {"source": "payout", "type": "PaymentSettled", "shard": 1, "position": 9}
    step["recorded_at"] = "2026-03-02T08:00:00+00:00"
    document = {"claim_id": "c-1", "status": "settled", "plan_pays_fen": 60_000, "steps": [step]}
    platform.answers["GET", "/projections/claims/c-1"] = (200, document)
    result = on(platform, "claim", "c-1")
    assert "plan_pays: 600.00 yuan" in result.stdout
    assert "PaymentSettled" in result.stdout
    assert json.loads(on(platform, "claim", "c-1", "--json").stdout) == document
    assert on(platform, "claim", "c-2").exit_code == 1


def test_a_claim_shows_that_an_event_was_annulled(platform: ServedPlatform) -> None:
    at = "2026-03-02T08:00:00+00:00"
    step = {"source": "intake", "type": "ClaimCorrected", "shard": 1, "position": 9, "recorded_at": at}
    document = {"claim_id": "c-1", "steps": [step]}
    amendment = {
        "source": "intake", "type": "EventAnnulled", "shard": 1, "position": 12, "recorded_at": at,
        "amends": 9, "event_type": "ClaimCorrected", "by": "op-2",
    }  # fmt: skip
    platform.answers["GET", "/projections/claims/c-1"] = (200, document)
    platform.answers["GET", "/intake/amendments/of/claim-c-1"] = (200, [amendment])
    told = " ".join(on(platform, "claim", "c-1").stdout.split())
    assert "ClaimCorrected 1/9 not at all (op-2)" in told
    assert "EventAnnulled 1/12 about ClaimCorrected 1/9" in told
    assert json.loads(on(platform, "claim", "c-1", "--json").stdout)["amendments"] == [amendment]


def test_amounts_by_name_and_decisions_are_told_in_words(platform: ServedPlatform) -> None:
    decisions = [
        {"decision_id": "d-1", "claim_id": "c-1", "number": 1, "plan_pays_fen": 5, "replaced_by": None}
    ]
    document = {
        "bearings": {"plan": 60_000, "basic": 1},
        "pool_shares": {},
        "decisions": decisions,
        "steps": [],
    }
    platform.answers["GET", "/projections/claims/c-1"] = (200, document)
    told = on(platform, "claim", "c-1").stdout
    assert "bearings: plan 600.00 yuan, basic 0.01 yuan\n" in told
    assert "decisions: decision_id d-1; number 1; plan_pays 0.05 yuan\n" in told
    assert "pool_shares" not in told


def test_a_hospital_key_is_the_one_that_intake_derives(tmp_path: Path) -> None:
    ring = create_master_key(tmp_path / "master.key")
    result = huiji("hospital-key", "H1", "--master-key-file", tmp_path / "master.key")
    key = base64.urlsafe_b64decode(result.stdout.strip() + "=")
    assert key == hospital_key(ring, "H1")
    assert huiji("hospital-key", "H1", "--master-key-file", tmp_path / "none").exit_code == 2
    assert huiji("hospital-key", "", "--master-key-file", tmp_path / "master.key").exit_code == 2


def test_a_running_platform_says_where_it_is_until_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "UP", tmp_path / "up")
    monkeypatch.setattr(finding, "DEMO", tmp_path / "demo")
    monkeypatch.delenv(finding.VARIABLE, raising=False)
    monkeypatch.delenv("HUIJI_DATABASE_URL", raising=False)
    ring = create_master_key(tmp_path / "master.key")
    addresses = Addresses(
        "postgresql:", "", {"intake": "http://i/"}, "http://b", "http://k", tmp_path / "master.key"
    )
    with announced(tmp_path / "demo" / "run", addresses):
        found = finding.find_platform(None)
        assert found.url("intake") == "http://i"
        key = huiji("hospital-key", "H1").stdout.strip()
        assert base64.urlsafe_b64decode(key + "=") == hospital_key(ring, "H1")
        assert found.database() == "postgresql:"
        # It says where the database is, which for the local one is a socket in its owner's directory.
        assert (tmp_path / "demo" / "run" / FILE).stat().st_mode & 0o077 == 0
    result = huiji("hospital-key", "H1")
    assert (result.exit_code, "no platform runs here" in result.stderr) == (3, True)


def test_every_bundled_plan_is_listed_and_passes_its_check() -> None:
    listed = json.loads(huiji("plan", "list", "--json").stdout)
    assert [row["id"] for row in listed] == list(load_plans())
    assert "demo-generic" in huiji("plan", "list").stdout
    checked = huiji("plan", "check", "--json")
    assert checked.exit_code == 0
    assert len(json.loads(checked.stdout)) == len(listed)


def test_a_plan_file_that_is_wrong_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("id: wrong\nname: {zh: 错, en: wrong}\n")
    result = huiji("plan", "check", tmp_path / "wrong.yaml")
    assert result.exit_code == 1
    assert "line 1" in result.stdout
    assert "line 1" in huiji("plan", "show", tmp_path / "wrong.yaml").stderr
    assert huiji("plan", "check", tmp_path / "absent.yaml").exit_code == 2


def test_a_bundled_plan_is_checked_by_its_id() -> None:
    assert "weifang-2022.yaml: passes" in huiji("plan", "check", "weifang-2022").stdout


def test_a_plan_is_shown_and_compared() -> None:
    assert "目录内自付" in huiji("plan", "show", "demo-generic").stdout
    assert json.loads(huiji("plan", "show", "demo-generic", "--json").stdout)["id"] == "demo-generic"
    assert "zibo-2022" in huiji("plan", "diff", "zibo-2021", "zibo-2022").stdout
    assert "No term differs" in huiji("plan", "diff", "zibo-2021", "zibo-2021").stdout
    unknown = huiji("plan", "show", "nowhere-1900")
    assert (unknown.exit_code, "known plans" in unknown.stderr) == (2, True)


def test_a_case_is_evaluated_to_the_fen(tmp_path: Path) -> None:
    plan = load_plans()["demo-generic"]
    example = plan.examples[0]
    (tmp_path / "case.json").write_text(example.case.model_dump_json())
    arguments = ("evaluate", "--plan", "demo-generic", "--case", tmp_path / "case.json")
    found = json.loads(huiji(*arguments, "--json").stdout)
    assert found["plan"]["digest"] == plan.digest
    assert found["plan_pays_fen"] == example.expected.total_fen
    rounded = json.loads(huiji(*arguments, "--precision", "0.01万", "--json").stdout)["as_published"]
    assert (rounded["unit_fen"], rounded["total_fen"] % 100_00) == (100_00, 0)
    assert "本计划赔付" in huiji(*arguments).stdout
    assert "the plan pays" in huiji(*arguments, "--language", "en").stdout


def test_a_case_that_is_none_is_refused_without_repeating_it(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text('{"bills": [{"total_fen": "张三"}]}')
    result = huiji("evaluate", "--plan", "demo-generic", "--case", tmp_path / "case.json")
    assert (result.exit_code, "bills.0" in result.stderr) == (1, True)
    assert "张三" not in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        "what-if --plan absent.yaml",
        "estimate absent.json",
        "pay-again p-1 --to absent.json",
        "evaluate --plan absent.yaml --case absent.json",
        "simulate --count 5000 --people 1 --write DIR/load.ndjson",
        "parked patch claim-1 --service fraud --file absent.json --why it",
        "access adopt absent.yaml --effective-from 2026-01-01",
        "insurer check absent.ndjson",
        "verify-chain absent",
    ],
)
def test_a_call_that_cannot_be_ends_with_2_before_a_platform_is_looked_for(line: str, tmp_path: Path) -> None:
    result = huiji(*line.replace("DIR", str(tmp_path)).split())
    assert (result.exit_code, result.stderr != "") == (2, True), result.stderr
