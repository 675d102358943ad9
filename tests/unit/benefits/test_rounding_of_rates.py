"""Rounding in whole numbers agrees with exact fractions; amounts are read and split to the fen."""

import math
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.benefits.amounts import bp_of_percent, fen_of_yuan
from libs.money import Rounding, largest_remainder, parse_yuan, round_bp, round_to

_ROUNDINGS: list[Rounding] = ["half_up", "half_even", "up", "down"]
#: As the words say it of an exact amount that is not negative.
_SAID: dict[Rounding, Callable[[Fraction], int]] = {
    "half_up": lambda exact: math.floor(exact + Fraction(1, 2)),
    "half_even": round,
    "up": math.ceil,
    "down": math.floor,
}


def assert_rounded(amount_times_bp: int, unit_fen: int, rounding: Rounding) -> None:
    exact = Fraction(amount_times_bp, 10_000)
    expected = _SAID[rounding](exact / unit_fen) * unit_fen
    assert round_bp(amount_times_bp, unit_fen, rounding) == expected
    assert round_to(exact, unit_fen, rounding) == expected
    assert round_to(-exact, unit_fen, rounding) == -expected


@given(st.integers(0, 10**9), st.sampled_from([1, 10, 100, 10_000]), st.sampled_from(_ROUNDINGS))
def test_rounding_equals_the_exact_fraction_rounded(
    amount_times_bp: int, unit_fen: int, rounding: Rounding
) -> None:
    assert_rounded(amount_times_bp, unit_fen, rounding)


@given(st.integers(0, 10**6), st.sampled_from([1, 100]), st.sampled_from(_ROUNDINGS))
def test_halves_are_rounded_as_the_rule_says(halves: int, unit_fen: int, rounding: Rounding) -> None:
    assert_rounded(halves * 5_000 * unit_fen, unit_fen, rounding)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("29832.32", 2_983_232), ("-0.5", -50), ("7.05", 705), ("00012", 1_200), ("-3", -300)],
)
def test_an_amount_in_yuan_is_read_to_the_fen(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "1.", ".5", "1.234", "1,000", "+1", "1e3", "一", "1\n"])
def test_what_is_no_amount_in_yuan_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(ValueError, match=f"^not an amount in yuan .*: {re.escape(repr(text))}$"):
        parse_yuan(text)


def test_amounts_and_ratios_of_plan_files_are_read_exactly() -> None:
    assert [fen_of_yuan(each) for each in ("1,234.5", "1.8万", "0.0001万", 18000, -5)] == [
        123_450,
        1_800_000,
        100,
        1_800_000,
        -500,
    ]
    assert [bp_of_percent(each) for each in ("65%", "12.5%", "0.01%", "-15%")] == [6_500, 1_250, 1, -1_500]


def test_a_split_needs_weights_of_which_one_is_above_nothing() -> None:
    for weights in ([], [0, 0], [3, -1], [1, -1]):
        with pytest.raises(ValueError, match=r"^weights must be non-negative and not all zero$"):
            largest_remainder(10, weights)
    assert (largest_remainder(10, [1]), largest_remainder(10, [0, 1])) == ([10], [0, 10])
