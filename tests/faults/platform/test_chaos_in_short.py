"""A short drill: everything fails for a while, and every claim still comes to what it comes to in a quiet city."""

import sys
from pathlib import Path

import pytest

from tests.chaos.compare import differences, too_quiet, totals
from tests.chaos.run import Drill, Outcome, live


@pytest.mark.slow
def test_after_a_drill_the_same_claims_are_paid_once_each_to_the_fen(
    tmp_path: Path, drill: Drill, quiet_city: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    disturbed = live(drill, tmp_path / "disturbed", said.append, disturbed=True)
    with capsys.disabled():
        sys.stdout.write(f"\n{totals(disturbed)}\n")
    assert differences(disturbed, quiet_city) == [], "\n".join(said)
    assert len(disturbed.claims) == drill.claims
    assert too_quiet(drill, disturbed) == []
