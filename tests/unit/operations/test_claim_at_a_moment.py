"""A claim at a moment: what is told of it is true then, or left out."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from services.operations.adapters.histories import Moment
from services.operations.entrypoints.commands import app
from services.operations.entrypoints.summarising import print_claim
from services.operations.use_cases.travel import Travelled

RECORDED = datetime(2026, 11, 22, 12, tzinfo=UTC)


def travelled(moment: Moment) -> Travelled:
    """Registered, and three seconds later its records came."""
    told = [("intake", "ClaimRegistered"), ("medical_data", "RecordsAttached")]
    steps = [
        {
            "recorded_at": (RECORDED + timedelta(seconds=3 * number)).isoformat(),
            "source": source, "type": event_type, "event": {"claim_id": "c-1"}, "shard": 0, "position": number,
        }
        for number, (source, event_type) in enumerate(told)
    ]  # fmt: skip
    return Travelled(moment, "p_1", {}, steps, {})


@pytest.mark.parametrize(
    ("moment", "told"),
    [(Moment(None, RECORDED), True), (Moment(RECORDED, None), False), (Moment(RECORDED, RECORDED), False)],
)
def test_for_whom_it_waited_is_told_only_where_no_event_is_left_out(
    moment: Moment, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    print_claim(travelled(moment))
    assert ("waited so far for: bureau 3.000 s" in capsys.readouterr().out) is told


def test_clocks_of_what_was_in_effect_are_refused() -> None:
    result = CliRunner().invoke(
        app, ["claim", "c-1", "--clocks", "--at", "2026-03-01"], env={"NO_COLOR": "1"}
    )
    assert (result.exit_code, "--known-at" in result.stderr) == (2, True)
