"""How a rebuild rests and which events it takes together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projections.domain.merging import due_together
from services.projections.domain.pace import LONGEST_REST_SECONDS, LiveTraffic, Pace
from services.projections.entrypoints.rebuild_progress import pace_text

_START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """Something at a second."""

    second: int

    @property
    def recorded_at(self) -> datetime:
        return _START + timedelta(seconds=self.second)


def test_without_limits_and_traffic_it_never_rests() -> None:
    assert Pace(None, 100).rest_seconds(2.0, 10_000, LiveTraffic(100)) == 0


def test_a_rate_is_kept_over_work_and_rest() -> None:
    assert Pace(1_000.0, 100).rest_seconds(0.5, 2_000, LiveTraffic()) == 1.5
    assert Pace(1_000.0, 100).rest_seconds(3.0, 2_000, LiveTraffic()) == 0
    assert Pace(1_000.0, 100).shared_by(4).rest_seconds(0.5, 2_000, LiveTraffic()) == 7.5


def test_while_events_come_in_nineteen_twentieths_are_rest() -> None:
    assert Pace(None, 100).rest_seconds(0.05, 4_000, LiveTraffic(works=True)) == pytest.approx(0.95)
    two = Pace(None, 100).shared_by(2)
    assert two.rest_seconds(0.05, 4_000, LiveTraffic(works=True)) == pytest.approx(1.95), "a fortieth each"


def test_on_a_machine_with_nothing_to_spare_live_does_not_run_away_from_it() -> None:
    assert Pace(None, 100).rest_seconds(0.8, 2_000, LiveTraffic(works=True)) == pytest.approx(0.2)
    assert Pace(None, 100).rest_seconds(1.2, 2_000, LiveTraffic(works=True)) == 0


def test_while_live_lags_it_rests_twice_as_long_but_not_for_ever() -> None:
    assert Pace(None, 100).rest_seconds(0.05, 500, LiveTraffic(101, works=True)) == pytest.approx(1.95)
    assert Pace(None, 100).rest_seconds(60.0, 500, LiveTraffic(10**9)) == LONGEST_REST_SECONDS


def test_it_does_not_rest_for_live_while_live_is_held() -> None:
    assert Pace(None, 100, yields=False).rest_seconds(0.1, 500, LiveTraffic(10**9, works=True)) == 0


def test_progress_says_nothing_before_it_knows_and_then_rate_and_time_left() -> None:
    assert pace_text(0, 5.0, 100) == ""
    assert pace_text(3_000, 2.0, 4_500) == "1,500/s, 3 s left"


_PAGES = st.dictionaries(
    st.sampled_from("abcd"),
    st.lists(st.builds(Moment, st.integers(0, 30)), min_size=1, max_size=8),
    max_size=4,
)


@given(_PAGES, st.sets(st.sampled_from("abcd")))
def test_nothing_later_than_what_is_still_to_be_read_is_taken_and_something_always_is(
    pages: dict[str, list[Moment]], more: set[str]
) -> None:
    unfinished = frozenset(more & pages.keys())
    taken = due_together(pages, unfinished)
    ends = [max(event.second for event in pages[source]) for source in unfinished]
    for source, count in taken.items():
        assert all(event.second <= min(ends, default=30) for event in pages[source][:count])
    if pages:
        assert any(count == len(pages[source]) for source, count in taken.items())
