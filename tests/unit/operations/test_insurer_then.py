"""What an insurer had been told by a moment is what of its stream was recorded by then."""

import json
from pathlib import Path

from typer.testing import CliRunner

from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import served

STREAM = [
    {
        "type": "InsurerPartBorne",
        "recorded_at": f"2026-03-{day:02}T15:59:59+00:00",
        "event": {"sequence": number},
    }
    for number, day in enumerate((1, 2, 3), start=1)
]


def test_a_stream_ends_where_the_moment_is(tmp_path: Path) -> None:
    with served({}, tmp_path) as platform:
        platform.answers["GET", "/payout/insurers/coinsurer-a/stream"] = (200, STREAM)

        def told(*more: str) -> list[int]:
            words = ["insurer", "stream", "coinsurer-a", "--platform", str(platform.file), *more]
            done = CliRunner().invoke(app, words, env={"NO_COLOR": "1"})
            assert done.exit_code == 0, done.output
            return [json.loads(line)["event"]["sequence"] for line in done.stdout.splitlines()]

        # The end of the day in Shanghai is 16:00 UTC.
        assert told("--known-at", "2026-03-02") == [1, 2]
        assert told("--known-at", "2026-03-02T23:00") == [1]
