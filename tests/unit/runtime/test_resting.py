"""Small batches make room for larger ones, within bounds."""

from libs.runtime.resting import (
    LEAST_REST_SECONDS,
    LONGEST_REST_SECONDS,
    UNHURRIED_REST_SECONDS,
    resting_seconds,
)


def test_a_quick_batch_is_followed_by_the_least_rest() -> None:
    assert resting_seconds(0.001, 1) == LEAST_REST_SECONDS


def test_the_rest_grows_with_what_a_batch_takes() -> None:
    assert LEAST_REST_SECONDS < resting_seconds(0.03, 1) < resting_seconds(0.05, 1) < LONGEST_REST_SECONDS


def test_a_batch_that_took_long_for_what_was_in_it_is_no_reason_to_gather_more() -> None:
    assert (
        resting_seconds(0.1, 1) > resting_seconds(0.1, 20) > resting_seconds(0.1, 400) == LEAST_REST_SECONDS
    )


def test_a_slow_batch_holds_nobody_up_for_long() -> None:
    assert resting_seconds(60.0, 1) == LONGEST_REST_SECONDS


def test_those_whom_nobody_waits_for_rest_longer_after_a_quick_batch() -> None:
    assert resting_seconds(0.001, 1, UNHURRIED_REST_SECONDS) == UNHURRIED_REST_SECONDS
