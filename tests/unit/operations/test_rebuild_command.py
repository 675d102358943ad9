"""`huiji rebuild`: what it says before anything is built."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import served


def rebuild(*words: str) -> Result:
    return CliRunner().invoke(app, ["rebuild", *words], env={"NO_COLOR": "1", "HUIJI_STAFF_TOKEN": ""})


def test_help_has_who_acts_and_does_not_ask_for_what_the_platform_knows(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUIJI_DATABASE_URL", raising=False)
    own, of_tool = rebuild("--help").stdout, capfd.readouterr().out
    assert ("--by" in own, "--platform" in own) == (True, True)
    assert ("--rate" in of_tool, "--database-url" in of_tool) == (True, False)


def test_a_wrong_name_is_said_before_it_is_asked_who_acts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with served({}, tmp_path) as platform:
        document = json.loads(platform.file.read_text())
        # Nobody is there: the name is looked at first.
        platform.file.write_text(json.dumps(document | {"database_url": "postgresql://127.0.0.1:9/nothing"}))
        result = rebuild("nosuch", "--platform", str(platform.file))
    assert (result.exit_code, result.stderr) == (1, "")
    assert "no read model is called nosuch" in capfd.readouterr().err
