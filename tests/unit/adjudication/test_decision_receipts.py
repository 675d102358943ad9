"""Every decision is recomputed from its person's log; one digit of a rule changes exactly the receipts it touches."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from libs.benefits import Plan, load_plan, load_plans
from libs.contracts.adjudication import ClaimAdjudicated
from libs.eventlog.event import Recorded
from libs.proof import Cut, Reporter
from services.adjudication.domain.plan_archive import cited_as, plans_by_digest
from services.adjudication.domain.recomputing import Receipt
from services.adjudication.use_cases.verify_receipts import receipts_of, verify_receipts
from tests.support.decided_history import LogWriter, a_decided_history, write_cut

CHECKOUT = Path(__file__).resolve().parents[3]
PLAN_FILE = CHECKOUT / "libs" / "benefits" / "plans" / "demo-generic.yaml"


@pytest.fixture(scope="module")
def writer() -> LogWriter:
    return a_decided_history()


@pytest.fixture
def cut(writer: LogWriter, tmp_path: Path) -> Cut:
    return Cut(write_cut(tmp_path / "cut", writer))


def receipts(cut: Cut, plans: dict[str, Plan]) -> dict[str, Receipt]:
    found = receipts_of(cut, {plan.digest: plan for plan in plans.values()}, Reporter("receipts"))
    return {each.receipt.decision.decision_id: each.receipt for each in found}


def test_every_decision_reversed_ones_too_is_recomputed_to_the_last_field(cut: Cut) -> None:
    checked = verify_receipts(cut, load_plans())
    assert (checked.status, list(checked.findings)) == ("holds", [])
    assert checked.counted["decisions"] == checked.counted["recomputed_equal"] > 25
    assert max(each.decision.number for each in receipts(cut, load_plans()).values()) >= 2


def test_a_changed_digit_fails_exactly_the_receipts_that_it_touches(cut: Cut) -> None:
    text = PLAN_FILE.read_text()
    assert text.count("pays: {ratio: 80%}") == 1
    plan = load_plans()["demo-generic"]
    wrong = cited_as(load_plan(text.replace("pays: {ratio: 80%}", "pays: {ratio: 81%}")), plan.digest)
    found = receipts(cut, {plan.id: wrong})
    touched = {
        decision_id
        for decision_id, receipt in found.items()
        if isinstance(receipt.decision, ClaimAdjudicated)
        and any(
            each.liability_id == "out_of_catalogue" and each.paid_fen for each in receipt.decision.liabilities
        )
    }
    failed = {decision_id for decision_id, receipt in found.items() if receipt.verdict == "differs"}
    assert failed == touched
    assert 0 < len(failed) < len(found)
    assert all("explanation" in found[decision_id].fields for decision_id in failed)


def test_a_plan_that_is_not_deployed_any_more_is_no_failure_of_arithmetic(cut: Cut) -> None:
    checked = verify_receipts(cut, {})
    assert (checked.status, checked.finding_count) == ("incomplete", 0)
    assert checked.counted["plan_not_deployed"] == checked.counted["decisions"]
    assert "neither deployed nor archived" in checked.notes[0]


def test_an_archived_plan_serves_as_well_as_a_deployed_one(cut: Cut) -> None:
    plan = load_plans()["demo-generic"]
    cut.write_plan(plan.digest, plan.canonical_json)
    assert verify_receipts(cut, {}).status == "holds"


def test_an_archived_plan_with_another_content_is_found_and_not_used(cut: Cut) -> None:
    plan = load_plans()["demo-generic"]
    cut.write_plan(plan.digest, plan.canonical_json)
    file = cut.directory / "plans" / f"{plan.digest}.json"
    file.write_bytes(file.read_bytes().replace(b'"ratio":"80%"', b'"ratio":"81%"').replace(b"8000", b"8100"))
    checked = verify_receipts(cut, {})
    assert [finding.rule for finding in checked.findings] == ["plan_archive"]
    assert checked.counted["plan_not_deployed"] == checked.counted["decisions"]


def test_a_plan_keeps_the_digest_it_was_filed_under_when_the_language_has_grown() -> None:
    plan = load_plans()["demo-generic"]
    content = json.loads(plan.canonical_json)
    del content["notes"]
    older = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(older).hexdigest()
    assert plans_by_digest([], {digest: older}).plans[digest].digest == digest != plan.digest


def _raise_plan_pays(body: dict) -> None:
    body["plan_pays_fen"] += 1


def _shift_liability(body: dict) -> None:
    body["liabilities"][0]["paid_fen"] += 1


def _reword_bearing(body: dict) -> None:
    body["bearings"][0]["clause"] += " "


def _use_less(body: dict) -> None:
    used = next(iter(body["usage_after"]["liabilities"].values()))
    used["deductible_fen"] -= 1


def _explain_otherwise(body: dict) -> None:
    body["explanation"]["children"][0]["result_fen"] += 1


def _digest_otherwise(body: dict) -> None:
    body["inputs_digest"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_raise_plan_pays, "plan_pays_fen"),
        (_shift_liability, "liabilities"),
        (_reword_bearing, "bearings"),
        (_use_less, "usage_after"),
        (_explain_otherwise, "explanation"),
        (_digest_otherwise, "inputs_digest"),
    ],
)
def test_whatever_of_a_decision_is_changed_its_receipt_names_it_with_its_place(
    writer: LogWriter, tmp_path: Path, change: Callable[[dict], None], field: str
) -> None:
    changed = LogWriter()
    changed.logs = {key: list(log) for key, log in writer.logs.items()}
    key, index = next(
        (key, index)
        for key, log in changed.logs.items()
        for index, event in enumerate(log)
        if event.type == "ClaimAdjudicated"
    )
    event = changed.logs[key][index]
    changed.logs[key][index] = _with_body(event, change)
    checked = verify_receipts(Cut(write_cut(tmp_path / "cut", changed)), load_plans())
    first = checked.findings[0]
    assert first.rule == "receipt_recomputes"
    assert field in first.sentence
    assert first.where == f"adjudication/{event.shard}/{event.position} ClaimAdjudicated"
    assert first.since == event.recorded_at.isoformat(timespec="microseconds")


def _changed_everywhere(writer: LogWriter, change: Callable[[dict], None]) -> LogWriter:
    changed = LogWriter()
    for key, log in writer.logs.items():
        changed.logs[key] = [_with_body(e, change) if e.type == "ClaimAdjudicated" else e for e in log]
    return changed


def _by_another_program(body: dict) -> None:
    body["engine_digest"] = "0" * 64


def test_another_program_that_decided_the_same_is_proved_by_this_one(
    writer: LogWriter, tmp_path: Path
) -> None:
    changed = _changed_everywhere(writer, _by_another_program)
    checked = verify_receipts(Cut(write_cut(tmp_path / "cut", changed)), load_plans())
    assert (checked.status, list(checked.findings)) == ("holds", [])


def test_another_program_that_decided_otherwise_is_named_and_no_failure_of_arithmetic(
    writer: LogWriter, tmp_path: Path
) -> None:
    def other_words_by_another_program(body: dict) -> None:
        _by_another_program(body)
        _reword_bearing(body)

    changed = _changed_everywhere(writer, other_words_by_another_program)
    checked = verify_receipts(Cut(write_cut(tmp_path / "cut", changed)), load_plans())
    assert (checked.status, checked.finding_count) == ("incomplete", 0)
    assert checked.counted["engine_not_deployed"] == checked.counted["decisions"]
    assert "made by program 0000000000000000…" in checked.notes[0]


def _with_body(event: Recorded, change: Callable[[dict], None]) -> Recorded:
    body = json.loads(event.body)
    change(body)
    return replace(event, body=json.dumps(body, ensure_ascii=False).encode())


def test_another_process_with_another_hash_seed_and_locale_recomputes_the_same_bytes(
    cut: Cut, tmp_path: Path
) -> None:
    def run(name: str, **environment: str) -> tuple[bytes, bytes]:
        out = tmp_path / name
        done = subprocess.run(
            [sys.executable, "-m", "services.adjudication.entrypoints.verify_receipts", str(cut.directory),
             "--receipts", str(out)],
            cwd=CHECKOUT, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, check=True,
        )  # fmt: skip
        return out.read_bytes(), done.stdout

    one = run("one", PYTHONHASHSEED="1", LANG="C", LC_ALL="C", TZ="UTC")
    other = run("other", PYTHONHASHSEED="4242", LANG="tr_TR.UTF-8", LC_ALL="tr_TR.UTF-8", TZ="Asia/Kathmandu")
    assert one == other
    assert len(one[0].splitlines()) == json.loads(one[1])["counted"]["decisions"] > 25
