"""Parts of a replay are there wholly or not at all."""

from pathlib import Path

import pytest

from libs.replay import OtherReplay, Units


def test_a_part_that_failed_is_not_done_and_can_be_done_again(tmp_path: Path) -> None:
    units = Units(tmp_path / "parts", "rules and history")
    with pytest.raises(ZeroDivisionError):
        write_half(units)
    assert not units.done("one")
    with units.writing("one") as directory:
        assert list(directory.iterdir()) == []
        (directory / "whole").write_text("x")
    assert units.done("one") and (units.path("one") / "whole").exists()


def write_half(units: Units) -> None:
    with units.writing("one") as directory:
        (directory / "half").write_text("x")
        _ = 1 // 0


def test_the_same_replay_goes_on_and_another_one_is_refused(tmp_path: Path) -> None:
    with Units(tmp_path, "this").writing("one"):
        pass
    assert Units(tmp_path, "this").done("one")
    with pytest.raises(OtherReplay):
        Units(tmp_path, "another")
