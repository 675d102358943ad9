"""`huiji export`, `check-money` and `verify-chain`: what they say, and the status they end with."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from services.operations.use_cases import export_history
from tests.unit.conservation.histories import ClaimFigures, a_history
from tests.unit.operations.served_platform import ServedPlatform, served

CLAIMS = (
    ClaimFigures(ending="settled"),
    ClaimFigures(person=1, ending="denied"),
    ClaimFigures(ending="returned"),
)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served(a_history(CLAIMS).logs, tmp_path) as running:
        yield running


def huiji(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})


def export_to(directory: Path, platform: ServedPlatform) -> Result:
    return huiji("export", directory, "--platform", platform.file)


def test_an_export_holds_every_event_and_a_manifest_of_them(platform: ServedPlatform, tmp_path: Path) -> None:
    result = huiji("export", tmp_path / "out", "--platform", platform.file, "--json")
    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)
    assert manifest == json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["events"] == sum(len(log) for log in platform.logs.values())
    for shard in manifest["shards"]:
        log = platform.logs[shard["source"], shard["shard"]]
        lines = (tmp_path / "out" / shard["file"]).read_bytes().splitlines()
        assert len(lines) == shard["events"] == shard["position"] == len(log)
        assert shard["head_hash"] == log[-1].hash.hex()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "platform.json", "staff"]


def test_an_export_reads_page_by_page(
    platform: ServedPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_history, "PAGE_EVENTS", 2)
    assert export_to(tmp_path / "out", platform).exit_code == 0
    assert huiji("verify-chain", tmp_path / "out").exit_code == 0
    assert sum("after=2" in path for _, path, _ in platform.asked)


def test_the_ends_of_the_logs_are_read_downstream_first(platform: ServedPlatform, tmp_path: Path) -> None:
    """Else an export could hold a payment without its decision."""
    export_to(tmp_path / "out", platform)
    asked = [path.split("/")[1] for _, path, _ in platform.asked if path.endswith("heads")]
    assert asked.index("payout") < asked.index("adjudication") < asked.index("intake")


def test_an_export_keeps_what_is_there(platform: ServedPlatform, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert export_to(tmp_path / "mine", platform).exit_code == 1
    assert huiji("export", tmp_path / "mine", "--replace", "--platform", platform.file).exit_code == 1
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"

    assert export_to(tmp_path / "out", platform).exit_code == 0
    again = export_to(tmp_path / "out", platform)
    assert (again.exit_code, "it holds an export" in again.stderr) == (1, True)
    assert huiji("export", tmp_path / "out", "--replace", "--platform", platform.file).exit_code == 0


def test_an_export_that_cannot_be_completed_is_not_there_at_all(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    platform.heads_beyond = 1
    result = export_to(tmp_path / "out", platform)
    assert (result.exit_code, "its head is" in result.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir() if path.name != "staff"] == ["platform.json"]


def test_a_conserved_history_passes_with_its_sums(platform: ServedPlatform, tmp_path: Path) -> None:
    export_to(tmp_path / "out", platform)
    result = huiji("check-money", tmp_path / "out", "--finished")
    assert result.exit_code == 0, result.output
    assert "Money is conserved" in result.stdout
    report = json.loads(huiji("check-money", tmp_path / "out", "--json").stdout)
    assert (report["holds"], report["claims"]) == (True, 3)
    assert report["totals"]["registered_fen"] == sum(claim.bill for claim in CLAIMS)


def test_a_wrong_payment_fails_the_check_and_names_the_event(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    for log in platform.logs.values():
        for index, event in enumerate(log):
            if event.type == "PaymentInstructed":
                log[index] = replace(event, body=event.body.replace(b"63000", b"64000"))
    export_to(tmp_path / "out", platform)
    result = huiji("check-money", tmp_path / "out")
    assert result.exit_code == 1
    assert "pays_the_decision: claim c-0, since payout/" in result.stdout
    assert "PaymentInstructed 64000 ≠ decided 63000 fen" in result.stdout


def test_a_file_cut_short_fails_both_checks(platform: ServedPlatform, tmp_path: Path) -> None:
    export_to(tmp_path / "out", platform)
    file = next(path for path in (tmp_path / "out" / "payout").iterdir() if path.stat().st_size)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    assert "nothing_missing" in huiji("check-money", tmp_path / "out").stdout
    broken = huiji("verify-chain", tmp_path / "out")
    assert (broken.exit_code, "the manifest says" in broken.stdout) == (1, True)


def test_one_changed_byte_breaks_the_chain(platform: ServedPlatform, tmp_path: Path) -> None:
    export_to(tmp_path / "out", platform)
    assert huiji("verify-chain", tmp_path / "out").exit_code == 0
    file = next(path for path in (tmp_path / "out" / "adjudication").iterdir() if path.stat().st_size)
    file.write_bytes(file.read_bytes().replace(b"basic", b"basis", 1))
    result = huiji("verify-chain", tmp_path / "out", "--json")
    broken = [chain for chain in json.loads(result.stdout) if chain["broken"]]
    assert result.exit_code == 1
    assert [(chain["source"], "does not match" in chain["broken"]) for chain in broken] == [
        ("adjudication", True)
    ]


def test_the_chains_of_a_running_platform_are_verified_too(platform: ServedPlatform) -> None:
    assert huiji("verify-chain", "--platform", platform.file).exit_code == 0
    log = next(iter(platform.logs.values()))
    log[-1] = replace(log[-1], hash=bytes(32))
    result = huiji("verify-chain", "--platform", platform.file)
    assert (result.exit_code, "1 of " in result.stdout) == (1, True)


def test_a_directory_without_logs_or_manifest_is_said_to_be_none(tmp_path: Path) -> None:
    assert "no logs" in huiji("check-money", tmp_path).stderr
    assert "manifest.json" in huiji("verify-chain", tmp_path).stderr
    (tmp_path / "manifest.json").write_text('{"format": "another"}')
    assert huiji("verify-chain", tmp_path).exit_code == 1
    assert huiji("check-money", tmp_path).exit_code == 1


def test_no_platform_is_another_status_than_a_fault(tmp_path: Path) -> None:
    missing = huiji("export", tmp_path / "out", "--platform", tmp_path / "none.json")
    assert (missing.exit_code, "none.json" in missing.stderr) == (3, True)
    dead = tmp_path / "dead.json"
    dead.write_text('{"services": {"intake": "http://127.0.0.1:9"}}')
    unreachable = huiji("verify-chain", "--platform", dead)
    assert (unreachable.exit_code, "the log of intake cannot be read" in unreachable.stderr) == (3, True)
    dead.write_text("[]")
    assert huiji("verify-chain", "--platform", dead).exit_code == 3


def test_progress_leaves_nothing_where_standard_error_is_no_terminal(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    exported = export_to(tmp_path / "out", platform)
    assert exported.exit_code == 0
    assert exported.stderr == "Not exported: the operators' log is in the database, which is not at hand\n"
    for command in ("verify-chain", "check-money"):
        result = huiji(command, tmp_path / "out")
        assert (result.exit_code, result.stderr) == (0, "")
