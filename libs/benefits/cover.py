"""Dates: the edition's period, the waiting period, and stays that are open when the benefit year ends."""

from datetime import date, timedelta

from libs.benefits.case import Bill, Member
from libs.benefits.plan import Plan
from libs.benefits.portions import Portion, reduce_in_proportion
from libs.benefits.selection import Excluded


def outside_cover(
    plan: Plan, member: Member, bill: Bill, portions: list[Portion]
) -> tuple[list[Portion], list[Excluded]]:
    """Portions inside the cover, and what lies outside. A bill without dates is taken to lie inside."""
    start = bill.admission_date or bill.service_date
    if start is None:
        return portions, []
    if not plan.covers(start) or (member.cover_start is not None and start < member.cover_start):
        return [], [_excluded(bill, portion, "outside_cover_period") for portion in portions]
    if _waits(plan, member, start):
        return [], [_excluded(bill, portion, "waiting_period") for portion in portions]
    last_day = last_paid_day(plan, start)
    if bill.discharge_date is None or bill.discharge_date <= last_day:
        return portions, []
    return _cut_after(bill, portions, start, last_day)


def cover_start(plan: Plan, paid_on: date, *, renewing: bool) -> date:
    """First day of cover for a premium paid on a day; `renewing` is true when last year was insured too.

    A renewal inside the plan's grace reaches back to the benefit year's first day, so a bill may precede the payment.
    """
    year_start = plan.benefit_year_start(paid_on)
    grace = plan.renewal_grace
    if renewing and grace is not None:
        month, day = (int(part) for part in grace.until.split("-"))
        until = date(paid_on.year, month, day)
        if until < year_start:
            until = date(paid_on.year + 1, month, day)
        if paid_on <= until:
            return year_start
    return max(paid_on, plan.valid_from) if plan.valid_from is not None else paid_on


def last_paid_day(plan: Plan, start: date) -> date:
    """The last day whose cost is paid for a stay that began on `start`."""
    year_end = plan.benefit_year_end(start)
    if plan.valid_to is not None:
        year_end = min(year_end, plan.valid_to)
    if plan.crossing_stay.paid_until == "year_end":
        return year_end
    days = plan.crossing_stay.at_most_days
    return date.max if days is None else year_end + timedelta(days=days)


def _waits(plan: Plan, member: Member, start: date) -> bool:
    if plan.waiting is None or member.cover_start is None or member.continuous_years > 1:
        return False
    return start < member.cover_start + timedelta(days=plan.waiting.days)


def _cut_after(
    bill: Bill, portions: list[Portion], start: date, last_day: date
) -> tuple[list[Portion], list[Excluded]]:
    """Dated lines after the last day are out; what has no date is cut in proportion to the days of the stay."""
    assert bill.discharge_date is not None
    days = (bill.discharge_date - start).days + 1
    late_days = (bill.discharge_date - last_day).days
    kept: list[Portion] = []
    excluded: list[Excluded] = []
    for portion in portions:
        day = portion.line.service_date if portion.line is not None else None
        if day is not None and day <= last_day:
            kept.append(portion)
        elif day is not None:
            excluded.append(_excluded(bill, portion, "after_cover_ended"))
        else:
            late_fen = portion.amount_fen * late_days // days
            if late_fen:
                excluded.append(Excluded(bill.id, portion, late_fen, "after_cover_ended"))
            kept.extend(reduce_in_proportion([portion], late_fen))
    return kept, excluded


def _excluded(bill: Bill, portion: Portion, reason: str) -> Excluded:
    return Excluded(bill.id, portion, portion.amount_fen, reason)
