"""`huiji diff pool`: what two moments of a plan's pool differ by."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from tests.unit.conservation.histories import ClaimFigures, a_history
from tests.unit.operations.served_platform import ServedPlatform, served

PLAN = "demo-generic"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served(a_history((ClaimFigures(ending="settled"),)).logs, tmp_path) as running:
        yield running


def huiji(platform: ServedPlatform, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--platform", str(platform.file)], env={"NO_COLOR": "1"})


def test_all_that_a_pool_has_came_between_before_everything_and_now(platform: ServedPlatform) -> None:
    now = json.loads(huiji(platform, "pool", PLAN, "--json").stdout)
    told = huiji(platform, "diff", "pool", PLAN, "--from", "2000-01-01", "--json")
    changed = {each["path"]: each["difference_fen"] for each in json.loads(told.stdout)["changes"]}
    moved = now["moved_fen"]["PaymentSettled"]
    assert moved > 0
    assert (changed["moved_fen.PaymentSettled"], changed["decided_fen"]) == (moved, now["decided_fen"])
    assert not {"at", "known_at"} & changed.keys()
    assert (
        "moved.PaymentSettled: — → " in huiji(platform, "diff", "pool", PLAN, "--from", "2000-01-01").stdout
    )


def test_between_a_moment_and_itself_nothing_changed(platform: ServedPlatform) -> None:
    assert "Nothing changed." in huiji(platform, "diff", "pool", PLAN, "--from", "now").stdout


def test_a_plan_of_which_nothing_is_recorded_is_said_to_be_one(platform: ServedPlatform) -> None:
    told = huiji(platform, "diff", "pool", "no-such-plan", "--from", "2000-01-01")
    assert (told.exit_code, "no-such-plan" in told.stderr) == (1, True)
