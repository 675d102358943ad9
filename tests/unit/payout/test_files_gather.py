"""How long the next payment file gathers after the last."""

from services.payout.entrypoints.pumps import LONGEST_GATHER_SECONDS, gathering_seconds


def test_a_few_payments_keep_nobody_waiting() -> None:
    assert gathering_seconds(4, 500) == gathering_seconds(100, 500) == 0


def test_after_many_payments_the_next_file_gathers_for_longer_but_never_for_long() -> None:
    assert gathering_seconds(100, 500) < gathering_seconds(200, 500) < gathering_seconds(490, 500)
    assert gathering_seconds(9_999, 10_000) == LONGEST_GATHER_SECONDS


def test_what_a_full_file_has_left_behind_follows_at_once() -> None:
    assert gathering_seconds(500, 500) == 0
