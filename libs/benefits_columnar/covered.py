"""Dates by column: which bills lie outside the cover, and which part of a stay does."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from libs.benefits import Plan
from libs.benefits.cover import last_paid_day
from libs.benefits_columnar.columns import NO_DAY, day_number, days
from libs.benefits_columnar.exact import Index, Mask

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Covered:
    """Per bill: nothing of it counts (`outside`), or what is after `last_day` does not (`cut`)."""

    outside: Mask
    cut: Mask
    last_day: Index
    late_days: Index
    stay_days: Index


def covered_of(plan: Plan, bills: pl.DataFrame) -> Covered:
    """As `libs.benefits.cover.outside_cover`."""
    admitted, served = days(bills["admission_date"]).to_numpy(), days(bills["service_date"]).to_numpy()
    discharged = days(bills["discharge_date"]).to_numpy()
    cover_start = days(bills["cover_start"]).to_numpy()
    start = np.where(admitted != NO_DAY, admitted, served)
    dated = start != NO_DAY
    outside = dated & (cover_start != NO_DAY) & (start < cover_start)
    if plan.valid_from is not None:
        outside |= dated & (start < day_number(plan.valid_from))
    if plan.valid_to is not None:
        outside |= dated & (start > day_number(plan.valid_to))
    if plan.waiting is not None:
        waits = (cover_start != NO_DAY) & (bills["continuous_years"].to_numpy() <= 1)
        outside |= dated & waits & (start < cover_start + plan.waiting.days)
    last_day = _last_days(plan, start)
    cut = dated & ~outside & (discharged != NO_DAY) & (discharged > last_day)
    late_days = np.where(cut, discharged - last_day, 0)
    stay_days = np.where(cut, discharged - start + 1, 1)
    return Covered(outside, cut, last_day, late_days, stay_days)


def _last_days(plan: Plan, start: Index) -> Index:
    """The last paid day by the engine's own rule, asked once for each distinct first day."""
    distinct, of_bill = np.unique(start, return_inverse=True)
    last = [
        NO_DAY if day == NO_DAY else day_number(last_paid_day(plan, _EPOCH + timedelta(days=int(day))))
        for day in distinct
    ]
    return np.array(last, np.int64)[of_bill]
