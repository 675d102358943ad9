"""The engine's rounding in whole numbers agrees with exact fractions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from libs.benefits.rounding import round_bp
from libs.money import Rounding, round_to

_ROUNDINGS: list[Rounding] = ["half_up", "half_even", "up", "down"]


@given(st.integers(0, 10**9), st.sampled_from([1, 10, 100, 10_000]), st.sampled_from(_ROUNDINGS))
def test_rounding_equals_the_exact_fraction_rounded(
    amount_times_bp: int, unit_fen: int, rounding: Rounding
) -> None:
    exact = Fraction(amount_times_bp, 10_000)

    assert round_bp(amount_times_bp, unit_fen, rounding) == round_to(exact, unit_fen, rounding)


@given(st.integers(0, 10**6), st.sampled_from([1, 100]), st.sampled_from(_ROUNDINGS))
def test_halves_are_rounded_as_the_rule_says(halves: int, unit_fen: int, rounding: Rounding) -> None:
    amount_times_bp = halves * 5_000 * unit_fen

    exact = Fraction(amount_times_bp, 10_000)
    assert round_bp(amount_times_bp, unit_fen, rounding) == round_to(exact, unit_fen, rounding)
