"""A bad claim is parked; a fault of ours holds everything."""

import pytest

from libs.eventlog import TooManyParked
from libs.eventlog.breaker import ParkingBreaker


def a_breaker() -> ParkingBreaker:
    return ParkingBreaker(window=20, minimum=10, limit_bp=5_000)


def test_a_single_bad_claim_among_many_does_not_trip_it() -> None:
    breaker = a_breaker()
    breaker.seen(19, 0)
    breaker.seen(1, 1)
    breaker.check()


def test_first_claims_may_be_bad_ones() -> None:
    breaker = a_breaker()
    breaker.seen(9, 9)
    breaker.check()


def test_more_than_the_limit_trips_it_with_numbers() -> None:
    breaker = a_breaker()
    breaker.seen(9, 0)
    breaker.seen(11, 11)
    with pytest.raises(TooManyParked, match="11 of the last 20") as tripped:
        breaker.check()
    assert tripped.value.code == "too_many_parked"


def test_exactly_the_limit_does_not_trip_it() -> None:
    breaker = a_breaker()
    breaker.seen(20, 10)
    breaker.check()


def test_old_outcomes_leave_the_window() -> None:
    breaker = a_breaker()
    breaker.seen(20, 20)
    with pytest.raises(TooManyParked):
        breaker.check()
    breaker.seen(11, 0)
    breaker.check()


def test_nothing_handled_says_nothing() -> None:
    breaker = a_breaker()
    breaker.seen(12, 12)
    for _ in range(100):
        breaker.seen(0, 0)
    with pytest.raises(TooManyParked):
        breaker.check()


def test_a_reset_lets_it_pass_and_trip_again() -> None:
    breaker = a_breaker()
    breaker.seen(11, 11)
    assert breaker.holds
    breaker.reset()
    assert (breaker.holds, breaker.seen_total) == (False, 0)
    breaker.seen(11, 11)
    assert breaker.holds
