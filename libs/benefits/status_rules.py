"""How a plan decides who has a pre-existing condition; part of the plan file."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from libs.benefits.amounts import Yuan
from libs.benefits.case import Bucket, Visit
from libs.benefits.terms import Id, Strict, Term


class RegisterTest(Strict):
    """Enjoyed one of these registered benefits within some months before enrolment, or before a fixed day."""

    benefits: tuple[str, ...] = Field(min_length=1)
    within_months: int | None = Field(default=None, ge=1)
    before: date | None = None

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        if (self.within_months is None) == (self.before is None):
            raise ValueError("exactly one of within_months, before")
        return self


class SpendingTest(Strict):
    """Spent at least this much between two days, both included."""

    at_least_fen: Yuan = Field(alias="at_least")
    first: date
    last: date
    buckets: tuple[Bucket, ...] = Field(min_length=1)
    visits: tuple[Visit, ...] = Field(min_length=1)


class SickDaysTest(Strict):
    """Absent from work for illness on at least this many days within some months before enrolment."""

    at_least: int = Field(ge=1)
    within_months: int = Field(ge=1)


class DiagnosisTest(Strict):
    """One of these diseases was diagnosed before enrolment or before cover began."""

    diseases: tuple[str, ...] = Field(min_length=1)
    before: Literal["enrolment", "cover_start"] = "enrolment"


class StatusTest(Strict):
    """Exactly one kind of test."""

    register_: RegisterTest | None = Field(default=None, alias="register")
    spending: SpendingTest | None = None
    sick_days: SickDaysTest | None = None
    diagnosed: DiagnosisTest | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (
            sum(test is not None for test in (self.register_, self.spending, self.sick_days, self.diagnosed))
            != 1
        ):
            raise ValueError("exactly one of register, spending, sick_days, diagnosed")
        return self


class StatusRule(Term):
    """Gives a status when any of its tests is met; fixed at enrolment for the year."""

    gives: Id = "pre_existing"
    """`pre_existing`, or a class such as `severe` that implies it."""
    tiers: tuple[Id, ...] | None = None
    any: tuple[StatusTest, ...] = Field(min_length=1)
    immune_after_continuous: bool = False
    """Whether people who joined healthy and never broke off keep their first status."""
