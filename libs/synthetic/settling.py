"""Settles a bill as a basic insurance centre would, so that a generated settlement has believable payers.

A stand-in for the centre's own engine, stateless: one bill is settled as if it were the year's first.
"""

from dataclasses import dataclass

from libs.contracts.settlement import Place, Scheme, Settlement
from libs.money import BASIS_POINTS

# Deductible of a stay by hospital grade, in fen: grade 3 as in the published knee replacement (800 yuan).
_DEDUCTIBLE_FEN = {0: 200_00, 1: 200_00, 2: 500_00, 3: 800_00}
_POOL_RATE_BP: dict[Scheme, int] = {"employee": 8_500, "resident": 6_500, "none": 0}
_GRADE_POINTS_BP = {0: 500, 1: 500, 2: 0, 3: -500}
_PLACE_POINTS_BP: dict[Place, int] = {"local": 0, "out_of_town_filed": -1_000, "out_of_town_unfiled": -2_000}
_POOL_CAP_FEN: dict[Scheme, int] = {"employee": 40_000_000, "resident": 15_000_000, "none": 0}

# Where critical-illness insurance begins, by scheme: Anyang's amounts, which its supplementary plan takes
# as its own deductible. Bands above it: the shares of the published tier example (60, 65, 75 per cent).
_CRITICAL_FROM_FEN: dict[Scheme, int] = {"employee": 3_950_000, "resident": 3_040_000, "none": 0}
_CRITICAL_BANDS = ((1_800_000, 6_000), (7_000_000, 6_500), (None, 7_500))
_CRITICAL_CAP_FEN = 40_000_000

_ASSISTANCE_RATE_BP = 7_000
_ASSISTANCE_CAP_FEN = 5_000_000


@dataclass(frozen=True, slots=True)
class Buckets:
    """The four parts of a bill, in fen."""

    self_funded_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int


def settle(
    buckets: Buckets, scheme: Scheme, place: Place, grade: int, poor: bool, account_balance_fen: int
) -> Settlement:
    """Who pays what of a bill. The national identities hold by construction."""
    deductible = min(buckets.in_scope_fen, _DEDUCTIBLE_FEN[grade] * (1 if place == "local" else 2))
    rate = max(0, _POOL_RATE_BP[scheme] + _GRADE_POINTS_BP[grade] + _PLACE_POINTS_BP[place])
    pool = min((buckets.in_scope_fen - deductible) * rate // BASIS_POINTS, _POOL_CAP_FEN[scheme])
    left = buckets.in_scope_fen + buckets.first_pay_fen - pool
    critical = _critical_illness(left, scheme)
    assistance = 0
    if poor:
        assistance = min((left - critical) * _ASSISTANCE_RATE_BP // BASIS_POINTS, _ASSISTANCE_CAP_FEN)
    total = buckets.self_funded_fen + buckets.over_limit_fen + buckets.first_pay_fen + buckets.in_scope_fen
    funds = pool + critical + assistance
    account = min(account_balance_fen, total - funds) if scheme == "employee" else 0
    return Settlement(
        total_fen=total,
        self_funded_fen=buckets.self_funded_fen,
        over_limit_fen=buckets.over_limit_fen,
        first_pay_fen=buckets.first_pay_fen,
        in_scope_fen=buckets.in_scope_fen,
        deductible_paid_fen=deductible if scheme != "none" else 0,
        pool_fen=pool,
        resident_critical_illness_fen=critical if scheme == "resident" else 0,
        employee_large_amount_fen=critical if scheme == "employee" else 0,
        assistance_fen=assistance,
        fund_total_fen=funds,
        personal_total_fen=total - funds,
        personal_account_fen=account,
        personal_cash_fen=total - funds - account,
    )


def _critical_illness(left_fen: int, scheme: Scheme) -> int:
    if scheme == "none":
        return 0
    above = max(0, left_fen - _CRITICAL_FROM_FEN[scheme])
    paid = 0
    for width, rate in _CRITICAL_BANDS:
        part = above if width is None else min(above, width)
        paid += part * rate // BASIS_POINTS
        above -= part
    return min(paid, _CRITICAL_CAP_FEN)
