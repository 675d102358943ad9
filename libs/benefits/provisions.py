"""What a plan says beside its liabilities: sources, premiums, payers, rounding, dates, cash benefits."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from libs.benefits.amounts import Share, Yuan
from libs.benefits.conditions import When
from libs.benefits.terms import Id, Strict, Term, Words
from libs.money import Rounding


def _day_of_every_year(value: object) -> object:
    if not isinstance(value, str) or re.fullmatch(r"(0[1-9]|1[0-2])-\d\d", value) is None:
        raise ValueError("month and day as 'MM-DD', quoted")
    try:
        date(2001, int(value[:2]), int(value[3:]))
    except ValueError as error:
        raise ValueError("a day that every year has, as 'MM-DD'") from error
    return value


MonthDay = Annotated[
    str,
    BeforeValidator(_day_of_every_year),
    WithJsonSchema({"type": "string", "pattern": "^(0[1-9]|1[0-2])-[0-3][0-9]$"}),
]
Grade = Literal["A", "A/B", "B", "B/C", "C", "D", "assumption"]


class Source(Strict):
    """Where terms come from; grade A official, B insurer or press, C question-and-answer page, D personal."""

    title: str
    url: str | None = None
    grade: Grade


class Premium(Term):
    """What a tier costs a year, and who pays it if not the member."""

    tier: Id
    name: Words
    amount_fen: Yuan | None = Field(default=None, alias="amount")
    """Absent when no published figure is known."""
    when: When | None = None
    paid_by: str | None = None


class Payers(Term):
    """Who comes when. Payers not named count as `before`.

    before: subtracted from the cost first. beside: not subtracted, but with the plan never above the cost
    (compensation principle). after: see only what the plan left.
    """

    before: tuple[str, ...] = ("basic", "critical_illness", "assistance")
    beside: tuple[str, ...] = ("commercial", "third_party", "donation")
    after: tuple[str, ...] = ()


class RoundingRule(Term):
    """To which unit each liability's payment is rounded, and how."""

    unit_fen: Yuan = Field(default=1, alias="unit", ge=1)
    mode: Rounding = "half_up"


class CrossingStay(Term):
    """What happens to a stay that is open when the benefit year ends."""

    paid_until: Literal["year_end", "discharge"] = "discharge"
    at_most_days: int | None = Field(default=None, ge=0)


class WaitingPeriod(Term):
    """Days from the first day of cover in which costs are not paid; continuous members have none."""

    days: int = Field(ge=0)


class RenewalGrace(Term):
    """Renewal paid up to this day of the year counts as continuous, with cover from the year's first day."""

    until: MonthDay


class Thresholds(Term):
    """Threshold of critical illness insurance by basic scheme, for deductibles that float with it."""

    by_scheme: dict[str, Yuan] = Field(min_length=1)


class OneStop(Term):
    """What holds where the insurance centre settles the plan itself (一站式) and states its amounts.

    They are taken; our own evaluation is made beside them.
    """

    codes: dict[str, Id] = Field(default_factory=dict)
    """The centre's codes of liabilities, such as SBNYL, and which liability of the plan each is; ids need no code."""
    tolerance_fen: Yuan = Field(default=0, alias="tolerance")
    """A difference of a liability up to this much, in payment or deductible, needs nobody to look at it."""


class CashBenefit(Term):
    """Money on an event, not for a cost: a lump sum, or a sum per day of a stay."""

    id: Id
    name: Words
    when: When
    amount_fen: Yuan | None = Field(default=None, alias="amount")
    per_day_fen: Yuan | None = Field(default=None, alias="per_day")
    first_at_least_fen: Yuan = Field(default=0, alias="first_at_least")
    """Least sum of the year's first payment."""
    at_most_fen: Yuan = Field(alias="at_most")
    """Most in a benefit year."""

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount_fen is None) == (self.per_day_fen is None):
            raise ValueError("exactly one of amount, per_day")
        return self


class Insurer(Term):
    """A member of the pool with its share of premium and payments, for some days when shares change."""

    id: Id
    name: Words
    share_bp: Share = Field(alias="share")
    lead: bool = False
    first_day: date | None = Field(default=None, alias="from")
    """First day of service that this share bears; absent: from the edition's start."""
    last_day: date | None = Field(default=None, alias="to")
    """Last day of service that this share bears; absent: to the edition's end."""

    def bears(self, day: date) -> bool:
        """Whether the share is in force for services of `day`."""
        return (self.first_day is None or day >= self.first_day) and (
            self.last_day is None or day <= self.last_day
        )
