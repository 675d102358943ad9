"""A short drill: everything fails for a while, and every claim still comes to what it comes to in a quiet city."""

import sys
from pathlib import Path

import pytest

from libs.testing.kafka import KafkaUnderTest
from tests.chaos.compare import differences, totals
from tests.chaos.run import Drill, live

SEED = 20261122


@pytest.mark.slow
def test_after_a_drill_the_same_claims_are_paid_once_each_to_the_fen(
    tmp_path: Path, kafka: KafkaUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = Drill(SEED, claims=60, seconds=25.0, broker="apache" if kafka.kind == "apache" else "embedded")
    said: list[str] = []
    disturbed = live(drill, tmp_path / "disturbed", said.append, disturbed=True)
    quiet = live(drill, tmp_path / "quiet", said.append, disturbed=False)
    with capsys.disabled():
        sys.stdout.write(f"\n{totals(disturbed)}\n")
    assert differences(disturbed, quiet) == [], "\n".join(said)
    assert len(disturbed.claims) == drill.claims
    assert disturbed.faults.total() > 5
