"""The pool of insurers behind a plan: who bears how much of a payment, by the shares of the day of service."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from libs.benefits.plan import Plan
from libs.benefits.provisions import Insurer
from libs.money import BASIS_POINTS, largest_remainder


class PoolShare(msgspec.Struct, frozen=True):
    """One insurer's part of an amount; `insurer` is its id in the plan file."""

    insurer: str
    share_bp: int
    amount_fen: int


def pool_shares(plan: Plan, service_date: date, amount_fen: int) -> tuple[PoolShare, ...]:
    """Splits an amount by the shares in force on the day of service; nothing for a plan that names no insurer.

    The parts sum to `amount_fen` exactly: fen left over go to the largest remainders, ties to the insurer that the
    file names first. A negative amount gives the parts of the positive one with their signs turned, so that a
    reversal takes from each insurer what it bore. A day outside the edition counts as its nearest day.
    """
    pool = insurers_of(plan, service_date)
    if not pool:
        return ()
    parts = largest_remainder(amount_fen, [insurer.share_bp for insurer in pool])
    return tuple(
        PoolShare(insurer.id, insurer.share_bp, part_fen)
        for insurer, part_fen in zip(pool, parts, strict=True)
    )


def insurers_of(plan: Plan, day: date) -> tuple[Insurer, ...]:
    """The insurers that bear services of `day`, in the order of the file."""
    day = max(day, plan.valid_from) if plan.valid_from is not None else day
    day = min(day, plan.valid_to) if plan.valid_to is not None else day
    known = plan.pools.get(day)
    if known is None:
        known = plan.pools[day] = tuple(insurer for insurer in plan.insurers if insurer.bears(day))
    return known


def pool_faults(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """(number of the insurer, what is wrong, what would be right): on every day shares must sum to 100 %."""
    for day in _days_of_change(plan):
        pool = insurers_of(plan, day)
        since = f"from {day}" if day != date.min else "from the start"
        index = next((i for i, insurer in enumerate(plan.insurers) if insurer in pool), 0)
        ids = [insurer.id for insurer in pool]
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            yield index, f"{twice!r} twice {since}", "an insurer once on each day"
        share_bp = sum(insurer.share_bp for insurer in pool)
        if share_bp != BASIS_POINTS:
            yield index, f"shares of {share_bp / 100:g}% {since}", "shares that sum to 100% on every day"


def _days_of_change(plan: Plan) -> list[date]:
    """The first day of every stretch in which the pool stays the same; no days when the plan has no pool."""
    if not plan.insurers:
        return []
    days = {plan.valid_from or date.min}
    for insurer in plan.insurers:
        days.add(insurer.first_day or date.min)
        if insurer.last_day is not None and insurer.last_day < date.max:
            days.add(insurer.last_day + timedelta(days=1))
    return sorted(day for day in days if plan.covers(day))
