"""How the pauses grow, and when a budget is spent."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.medical_data.domain.patience import Patience

PATIENCE = Patience(
    within=timedelta(seconds=10),
    attempts=3,
    first_pause=timedelta(seconds=1),
    longest_pause=timedelta(seconds=5),
    late_pause=timedelta(minutes=2),
    late_within=timedelta(days=1),
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [PATIENCE.pause_after(attempts, late=False).total_seconds() for attempts in range(1, 6)]
    assert pauses == [1, 2, 4, 5, 5]


def test_a_late_look_up_waits_the_same_every_time() -> None:
    assert {PATIENCE.pause_after(attempts, late=True) for attempts in range(1, 50)} == {timedelta(minutes=2)}


def test_the_budget_is_spent_by_attempts_or_by_time() -> None:
    assert [PATIENCE.is_spent(attempts) for attempts in (1, 2, 3, 4)] == [False, False, True, True]
    assert PATIENCE.ends_at(NOW) == NOW + timedelta(seconds=10)
    assert PATIENCE.late_ends_at(NOW) == NOW + timedelta(days=1)


@given(st.integers(1, 10**9))
def test_no_number_of_attempts_breaks_the_pause(attempts: int) -> None:
    assert timedelta() < PATIENCE.pause_after(attempts, late=False) <= timedelta(seconds=5)
