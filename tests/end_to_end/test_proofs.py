"""What `huiji verify`, `huiji roots` and `huiji evidence` prove of a deployment that has really run."""

import asyncio
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from services.operations.use_cases.verify_deployment import CHECKS
from tests.end_to_end.conftest import Ran


def huiji(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})


@pytest.fixture(scope="module")
def platform(ran: Ran) -> Path:
    """The announcement of the platform that has come to rest, with its days closed."""
    file = ran.directory / "run" / "platform.json"
    closed = huiji("roots", "--close", "--platform", file)
    assert closed.exit_code == 0, closed.output
    return file


def test_everything_that_can_be_proved_of_a_deployment_holds(platform: Path, ran: Ran) -> None:
    result = huiji("verify", "--platform", platform, "--json")
    report = json.loads(result.stdout)
    checks = {each["check"]: each for each in report["checks"]}
    for name, each in checks.items():
        assert each["status"] == "holds", (
            f"{name}: {each['findings'][:3]} {each['notes']} {each['not_checked']}"
        )
    assert result.exit_code == 0
    assert checks.keys() == CHECKS.keys()
    claims = len(ran.given.submissions)
    assert checks["money"]["counted"]["claims"] == claims
    assert checks["receipts"]["counted"]["recomputed_equal"] >= claims * 0.9
    assert checks["bank"]["counted"]["matched"] > 0
    assert checks["bank"]["counted"]["matched"] == checks["bank"]["counted"]["ledger_movements"]
    # The operators' log, where others have archived or published again, has no service that publishes roots of it.
    counted = checks["roots"]["counted"]
    outside = asyncio.run(_operators_events(ran.platform.addresses.database_url))
    assert counted.get("events_not_under_a_root_yet", 0) == outside
    assert counted["events_under_roots"] + outside == checks["chains"]["counted"]["events"]
    assert checks["projections"]["counted"]["events"] > claims


def test_an_export_proves_itself_and_names_what_was_changed_in_it(platform: Path, tmp_path: Path) -> None:
    assert huiji("export", tmp_path / "out", "--platform", platform).exit_code == 0
    checks = ["--only", "chains", "--only", "roots", "--only", "receipts", "--only", "money"]
    assert huiji("verify", tmp_path / "out", *checks).exit_code == 0

    file, line = _a_decision(tmp_path / "out")
    file.write_bytes(
        file.read_bytes().replace(
            line, line.replace(b'\\"patient_bears_fen\\":', b'\\"patient_bears_fen\\":1')
        )
    )
    place = json.loads(line)
    where = f"adjudication/{place['shard']}/{place['position']} ClaimAdjudicated"
    result = huiji("verify", tmp_path / "out", *checks, "--json")
    assert result.exit_code == 1
    found = {each["check"]: each for each in json.loads(result.stdout)["checks"]}
    assert [(f["rule"], f["where"], f["since"]) for f in found["chains"]["findings"]] == [
        ("hash_matches", where, place["recorded_at"])
    ]
    assert where in {finding["where"] for finding in found["receipts"]["findings"]}
    assert where in {finding["where"] for finding in found["money"]["findings"]}


def test_roots_that_were_kept_show_that_nothing_was_rewritten(platform: Path, tmp_path: Path) -> None:
    kept = tmp_path / "roots.jsonl"
    assert huiji("roots", "--keep", kept, "--platform", platform).exit_code == 0
    only = ["--only", "roots", "--platform", platform, "--roots", kept]
    assert huiji("verify", *only).exit_code == 0
    first, *others = kept.read_text().splitlines()
    root = json.loads(first)
    root["root"] = "00" * 32
    kept.write_text("\n".join([json.dumps(root), *others]) + "\n")
    changed = huiji("verify", *only, "--json")
    assert changed.exit_code == 1
    (check,) = json.loads(changed.stdout)["checks"]
    assert [finding["rule"] for finding in check["findings"]] == ["roots_as_kept"]
    assert huiji("roots", "--keep", kept, "--platform", platform).exit_code == 1


async def _operators_events(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        if await connection.fetchval("select to_regclass('operations.event')") is None:
            return 0
        events: int = await connection.fetchval("select count(*) from operations.event")
        return events
    finally:
        await connection.close()


def _a_decision(directory: Path) -> tuple[Path, bytes]:
    for file in sorted((directory / "adjudication").glob("*.ndjson")):
        for line in file.read_bytes().splitlines():
            if json.loads(line)["type"] == "ClaimAdjudicated":
                return file, line
    raise AssertionError("no decision was exported")


def test_a_paid_claim_is_proved_by_a_pack_that_needs_none_of_our_code(
    platform: Path, ran: Ran, tmp_path: Path
) -> None:
    paid = ran.get("projections", "/claims?status=paid&limit=1")[0]
    pack, kept = tmp_path / "pack.zip", tmp_path / "roots.jsonl"
    packed = huiji("evidence", paid["claim_id"], "-o", pack, "--platform", platform, "--json")
    assert packed.exit_code == 0, packed.output
    assert json.loads(packed.stdout)["receipts"][0]["verdict"] == "equal"
    assert huiji("roots", "--keep", kept, "--platform", platform).exit_code == 0
    with zipfile.ZipFile(pack) as archive:
        archive.extract("verify.py", tmp_path)
        events = [json.loads(line) for line in archive.read("events.ndjson").splitlines()]
    assert {event["source"] for event in events} >= {
        "intake",
        "medical_data",
        "fraud",
        "adjudication",
        "payout",
    }
    verified = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "pack.zip", "--roots", "roots.jsonl"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.splitlines()[-2:] == ["Every root is the published one.", "VERIFIED"]


def test_there_is_no_pack_of_a_claim_that_nobody_knows(platform: Path, tmp_path: Path) -> None:
    result = huiji("evidence", "nobody-knows-it", "-o", tmp_path / "pack.zip", "--platform", platform)
    assert (result.exit_code, (tmp_path / "pack.zip").exists()) == (1, False)
