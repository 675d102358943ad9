"""Exact arithmetic on columns of int64: the engine's roundings and splits, many at a time. No floats anywhere."""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from libs.money import BASIS_POINTS, Rounding

Fen = NDArray[np.int64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def round_bp(amount_times_bp: Fen, unit_fen: int = 1, rounding: Rounding = "half_up") -> Fen:
    """As `libs.money.round_bp`, for each element; amounts are 0 or more."""
    divisor = BASIS_POINTS * unit_fen
    whole, rest = np.divmod(amount_times_bp, divisor)
    match rounding:
        case "half_up":
            whole += 2 * rest >= divisor
        case "half_even":
            whole += (2 * rest > divisor) | ((2 * rest == divisor) & (whole % 2 == 1))
        case "up":
            whole += rest > 0
        case "down":
            pass
        case _:
            assert_never(rounding)
    return whole * unit_fen


def sum_by(amounts: Fen, segment: Index, segments: int) -> Fen:
    """Sums of `amounts` by their segment, in whole numbers."""
    sums = np.zeros(segments, np.int64)
    np.add.at(sums, segment, amounts)
    return sums


def split_by(total: Fen, weights: Fen, segment: Index) -> Fen:
    """`libs.money.largest_remainder` in every segment: the parts of `total[segment]` by weight, ties to the earlier.

    A segment's total is at most the sum of its weights; rows of one segment are in the order that ties go by.
    """
    whole = sum_by(weights, segment, len(total))
    # Nothing or everything is split without remainders; that is most segments, and sorting is what costs.
    cut = (total > 0) & (total < whole)
    parts = np.where((total == whole)[segment], weights, 0)
    rows = np.flatnonzero(cut[segment])
    if not rows.size:
        return parts
    at = segment[rows]
    products = total[at] * weights[rows]
    floors, remainders = np.divmod(products, whole[at])
    left = total - sum_by(floors, at, len(total))
    order = np.lexsort((-remainders, at))
    sorted_at = at[order]
    starts = np.flatnonzero(np.r_[True, sorted_at[1:] != sorted_at[:-1]])
    rank = np.arange(order.size) - np.repeat(starts, np.diff(np.r_[starts, order.size]))
    floors[order[rank < left[sorted_at]]] += 1
    parts[rows] = floors
    return parts
