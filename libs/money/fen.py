"""Amounts are `int` fen (1 yuan = 100 fen), rates `int` basis points (10 000 = 100 %)."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, assert_never

BASIS_POINTS = 10_000

Rounding = Literal["half_up", "half_even", "down", "up"]

_YUAN = re.compile(r"(-?)(\d+)(?:\.(\d{1,2}))?\Z", re.ASCII)


def round_to(amount: Fraction | int, unit_fen: int = 1, rounding: Rounding = "half_up") -> int:
    """Round an exact amount in fen to a multiple of `unit_fen`; halves go away from zero under `half_up`."""
    return _quotient(amount.numerator, amount.denominator * unit_fen, rounding) * unit_fen


def round_bp(amount_times_bp: int, unit_fen: int = 1, rounding: Rounding = "half_up") -> int:
    """`amount_times_bp` / 10 000, rounded to a multiple of `unit_fen`."""
    return _quotient(amount_times_bp, BASIS_POINTS * unit_fen, rounding) * unit_fen


def apply_rate(amount_fen: int, rate_bp: int, rounding: Rounding = "half_up") -> int:
    """`amount_fen` × `rate_bp` / 10 000, rounded to the fen."""
    return round_bp(amount_fen * rate_bp, rounding=rounding)


def _quotient(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The rounded quotient; the denominator is positive. In integers: a Fraction takes ten times as long."""
    whole, rest = divmod(abs(numerator), denominator)
    match rounding:
        case "half_up":
            whole += 2 * rest >= denominator
        case "half_even":
            whole += 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
        case "up":
            whole += rest > 0
        case "down":
            pass
        case _:
            assert_never(rounding)
    return -whole if numerator < 0 else whole


def largest_remainder(total_fen: int, weights: Sequence[int]) -> list[int]:
    """Split `total_fen` (may be negative) by `weights` so that the parts sum to it exactly.

    The fen left by rounding down go to the largest remainders, ties to the earlier part (Hamilton's method).
    Raises ValueError when the weights are empty, negative or all zero.
    """
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be non-negative and not all zero")
    if total_fen < 0:
        return [-part for part in largest_remainder(-total_fen, weights)]
    whole = sum(weights)
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(total_fen * weight, whole)
        parts.append(part)
        remainders.append(remainder)
    left_fen = total_fen - sum(parts)
    if left_fen:
        # Sorting is stable, also in reverse: ties stay in the order of the weights.
        by_remainder = sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)
        for i in by_remainder[:left_fen]:
            parts[i] += 1
    return parts


def parse_yuan(text: str) -> int:
    """Fen of a decimal string in yuan ("29832.32"). Raises ValueError for anything but two decimals at most."""
    match = _YUAN.match(text)
    if match is None:
        raise ValueError(f"not an amount in yuan with at most two decimals: {text!r}")
    sign, yuan, decimals = match.groups()
    fen = int(yuan) * 100 + int((decimals or "").ljust(2, "0"))
    return -fen if sign else fen


def format_yuan(amount_fen: int) -> str:
    """Fen as a decimal string in yuan with two decimals, no grouping."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{yuan}.{fen:02d}"
