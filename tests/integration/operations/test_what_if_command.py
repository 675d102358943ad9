"""`huiji what-if` on an exported history: planned, run in its own process, recorded as a replay, reported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from libs.benefits import load_plans
from services.operations.entrypoints.commands import app
from tests.support.changed_plans import cheaper
from tests.support.city_history import told_in_a_year, write_history

CITY = ("weifang-2022", "demo-generic")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    told = told_in_a_year(5, CITY, people=30, claims=120)
    return write_history(tmp_path_factory.mktemp("history"), told, load_plans())


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "changed.json"
    path.write_bytes(cheaper(load_plans()["weifang-2022"]).canonical_json)
    return path


def asked(history: Path, out: Path, *options: str) -> Result:
    command = ["what-if", "--from-export", str(history), "--out", str(out), "--by", "operator-02", "--json"]
    return CliRunner().invoke(app, [*command, *options])


def recorded(out: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (out / "replay.ndjson").read_bytes().splitlines()]
    return [{"type": line["type"], **json.loads(line["body"])} for line in lines]


def test_a_what_if_is_planned_started_finished_and_its_sums_agree(
    history: Path, plan_file: Path, tmp_path: Path
) -> None:
    done = asked(history, tmp_path, "--plan", str(plan_file))
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    events = recorded(tmp_path)
    assert [event["type"] for event in events] == ["ReplayPlanned", "ReplayStarted", "ReplayFinished"]
    planned, _, finished = events
    assert planned["requested_by"] == "operator-02" and planned["touches"] == [str(tmp_path)]
    assert finished["outcome"] == "completed" and finished["counts"]["effects_refused"] == 0
    assert planned["reads_events"] == sum(
        file.read_bytes().count(b"\n") for file in (history / "adjudication").iterdir()
    )
    claims = pl.read_parquet(tmp_path / "claims.parquet")
    total = int((claims["after_plan_fen"] - claims["before_plan_fen"]).sum())
    assert total == report["totals"]["difference_fen"] > 0
    assert report["totals"]["patients_difference_fen"] == -total
    for table, key in (("liabilities", "liability_id"), ("insurers", "insurer")):
        rows = pl.read_parquet(tmp_path / f"{table}.parquet")
        assert int((rows["after_fen"] - rows["before_fen"]).sum()) == total, key
    people = pl.read_parquet(tmp_path / "people.parquet")
    assert int(people["difference_fen"].sum()) == total
    assert report["control"] == {"claims": claims.height, "differing": 0, "difference_fen": 0}
    page = (tmp_path / "report.html").read_text()
    assert "<svg" in page and "<script" not in page and "src=" not in page and "href=" not in page


def test_the_loss_ratio_is_of_the_premium_that_enrolment_recorded(
    history: Path, plan_file: Path, tmp_path: Path
) -> None:
    report = json.loads(asked(history, tmp_path, "--plan", str(plan_file)).stdout)
    (ratio,) = [row for row in report["loss_ratio"] if row["plan_id"] == "weifang-2022"]
    (paid,) = [row for row in report["by"]["plan_id"] if row["key"] == "weifang-2022"]
    assert ratio["premium_before_fen"] == ratio["coverages"] * 149_00
    assert ratio["before_bp"] == round(paid["before_fen"] * 10_000 / ratio["premium_before_fen"])
    assert ratio["after_bp"] > ratio["before_bp"]


def test_asked_again_it_is_another_replay_with_the_same_result(
    history: Path, plan_file: Path, tmp_path: Path
) -> None:
    first = asked(history, tmp_path, "--plan", str(plan_file))
    again = asked(history, tmp_path, "--plan", str(plan_file))
    assert again.exit_code == 0 and again.stdout == first.stdout
    assert len({event["replay_id"] for event in recorded(tmp_path)}) == 2


def test_a_plan_alone_changes_nothing_but_the_record(history: Path, plan_file: Path, tmp_path: Path) -> None:
    done = asked(history, tmp_path, "--plan", str(plan_file), "--plan-only")
    assert done.exit_code == 0
    assert [event["type"] for event in recorded(tmp_path)] == ["ReplayPlanned"]
    assert [path.name for path in tmp_path.iterdir()] == ["replay.ndjson"]


def test_shares_alone_move_money_between_insurers_and_for_no_patient(history: Path, tmp_path: Path) -> None:
    options = ("--plan", "weifang-2022", "--share", "lead=10%", "--share", "newcomer=90%")
    report = json.loads(asked(history, tmp_path, *options).stdout)
    assert report["totals"]["difference_fen"] == 0 and report["totals"]["changed_claims"] == 0
    by = {row["key"]: row["difference_fen"] for row in report["by"]["insurer"]}
    assert by["weifang-2022: newcomer"] > 0 and sum(by.values()) == 0


def test_a_lower_threshold_leaves_claims_waiting_for_reviews_that_never_took_place(
    history: Path, tmp_path: Path
) -> None:
    report = json.loads(asked(history, tmp_path, "--fraud-threshold", "100").stdout)
    waiting = [row for row in report["states"] if row["after_state"] == "waiting: fraud_review"]
    assert sum(row["claims"] for row in waiting if row["before_state"] == "adjudicated") > 0
    assert report["totals"]["difference_fen"] < 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "nothing is changed"),
        (("--plan", "weifang-2022", "--share", "a=60%"), "sum to 100%"),
        (("--plan", "weifang-2022", "--share", "a"), "insurer=60%"),
        (("--plan", "weifang-2022", "--payer-order", "behind=basic"), "before, beside or after"),
        (("--plan", "no-such-file.yaml"), "no-such-file.yaml"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_would_be(
    history: Path, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    done = asked(history, tmp_path, *options)
    assert done.exit_code == 2 and sentence in done.output


def test_the_fork_is_given_no_address_and_no_key(
    history: Path, plan_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, str]] = []
    popen = subprocess.Popen

    class Watched(popen):  # type: ignore[misc, valid-type]
        def __init__(self, command: list[str], **how: Any) -> None:
            given.append(how["env"])
            super().__init__(command, **how)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    monkeypatch.setenv("HUIJI_BANK_URL", "http://bank.example")
    monkeypatch.setenv("HUIJI_MASTER_KEY_FILE", sys.executable)
    assert asked(history, tmp_path, "--plan", str(plan_file)).exit_code == 0
    assert len(given) == 2
    assert not [name for environment in given for name in environment if name.startswith("HUIJI_")]
