"""Exact rounding of non-negative amounts in whole numbers; equal to `libs.money.round_to`, without fractions.

The engine rounds several times a liability, so this decides how many cases a second it evaluates (a test compares
the two on random amounts).
"""

from typing import assert_never

from libs.money import BASIS_POINTS, Rounding


def round_bp(amount_times_bp: int, unit_fen: int = 1, rounding: Rounding = "half_up") -> int:
    """`amount_times_bp` / 10 000 rounded to a multiple of `unit_fen`; the amount is 0 or more."""
    divisor = BASIS_POINTS * unit_fen
    whole, rest = divmod(amount_times_bp, divisor)
    match rounding:
        case "half_up":
            whole += 2 * rest >= divisor
        case "half_even":
            whole += 2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1)
        case "up":
            whole += rest > 0
        case "down":
            pass
        case _:
            assert_never(rounding)
    return whole * unit_fen
