"""Money as whole fen, rates as basis points, and the two ways to divide without losing a fen."""

from libs.money.fen import (
    BASIS_POINTS,
    Rounding,
    apply_rate,
    format_yuan,
    largest_remainder,
    parse_yuan,
    round_bp,
    round_to,
)

__all__ = [
    "BASIS_POINTS",
    "Rounding",
    "apply_rate",
    "format_yuan",
    "largest_remainder",
    "parse_yuan",
    "round_bp",
    "round_to",
]
