"""Decides a person's statuses by the plan's own rules, once, at enrolment. Pure: histories come in as values."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from pydantic import Field

from libs.benefits.case import Bucket, Fen, Visit
from libs.benefits.plan import Plan
from libs.benefits.status_rules import StatusRule, StatusTest
from libs.benefits.terms import Strict, Words


class Registration(Strict):
    """A benefit a person was registered for; `last` is absent while it goes on."""

    benefit: str
    first: date
    last: date | None = None


class Spending(Strict):
    """Cost of one bucket on one day."""

    day: date
    bucket: Bucket
    visit: Visit
    amount_fen: Fen


class SickLeave(Strict):
    """Days of absence that began on a day."""

    first: date
    days: int = Field(ge=1)


class Diagnosis(Strict):
    """A disease in the plan's terms and the day it was diagnosed."""

    disease: str
    day: date


class History(Strict):
    """What is known of a person on the day of enrolment."""

    enrolled_on: date
    cover_start: date
    tier: str | None = None
    continuous_years: int = Field(default=1, ge=1)
    joined_healthy: bool = False
    """Whether no status was given when the unbroken membership began."""
    registrations: tuple[Registration, ...] = ()
    spending: tuple[Spending, ...] = ()
    sick_leaves: tuple[SickLeave, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusReason:
    """A rule that was met, by its clause."""

    status: str
    clause: str | None
    words: Words | None


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """Statuses for the year, in the terms of `Member`."""

    pre_existing: bool
    pre_existing_classes: tuple[str, ...]
    reasons: tuple[StatusReason, ...]


def determine_status(plan: Plan, history: History) -> PersonStatus:
    """Statuses by the plan's rules; a plan without rules gives none."""
    met = [rule for rule in plan.status_rules if _applies(rule, plan, history) and _met(rule, history)]
    classes = tuple(dict.fromkeys(rule.gives for rule in met if rule.gives != "pre_existing"))
    reasons = tuple(StatusReason(rule.gives, rule.clause, rule.words) for rule in met)
    return PersonStatus(bool(met), classes, reasons)


def _applies(rule: StatusRule, plan: Plan, history: History) -> bool:
    if rule.immune_after_continuous and history.joined_healthy and history.continuous_years > 1:
        return False
    return rule.tiers is None or (history.tier or plan.default_tier) in rule.tiers


def _met(rule: StatusRule, history: History) -> bool:
    return any(_test_met(test, history) for test in rule.any)


def _test_met(test: StatusTest, history: History) -> bool:
    enrolled = history.enrolled_on
    if test.register_ is not None:
        last = test.register_.before or enrolled
        first = (
            _months_before(enrolled, test.register_.within_months)
            if test.register_.within_months
            else date.min
        )
        return any(
            held.benefit in test.register_.benefits and held.first < last and (held.last or date.max) >= first
            for held in history.registrations
        )
    if test.spending is not None:
        spent_fen = sum(
            each.amount_fen
            for each in history.spending
            if each.bucket in test.spending.buckets
            and each.visit in test.spending.visits
            and test.spending.first <= each.day <= test.spending.last
        )
        return spent_fen >= test.spending.at_least_fen
    if test.sick_days is not None:
        first = _months_before(enrolled, test.sick_days.within_months)
        days = sum(leave.days for leave in history.sick_leaves if first <= leave.first < enrolled)
        return days >= test.sick_days.at_least
    assert test.diagnosed is not None
    before = enrolled if test.diagnosed.before == "enrolment" else history.cover_start
    return any(each.disease in test.diagnosed.diseases and each.day < before for each in history.diagnoses)


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
