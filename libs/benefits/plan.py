"""A plan: one city's product of one year, as its file says it. Amounts in the model are fen, ratios basis points."""

import hashlib
import json
import re
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from libs.benefits.amounts import Share, SignedYuan, Yuan
from libs.benefits.case import Case
from libs.benefits.conditions import When
from libs.benefits.status_rules import StatusRule
from libs.benefits.terms import (
    Cap,
    CostScale,
    Deductible,
    Exclusion,
    Id,
    Pays,
    Residue,
    Selector,
    SharedCap,
    SharedDeductible,
    Strict,
    Term,
    TotalCap,
    Words,
)
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


class Liability(Term):
    """One promise of the plan (责任)."""

    id: Id
    name: Words
    takes: tuple[Selector, ...] = ()
    residue_of: Residue | None = None
    precedence: int = 0
    """Cost that several liabilities could take goes to the highest precedence, then to the first in the file."""
    exclusions: tuple[Exclusion, ...] = ()
    scales: tuple[CostScale, ...] = ()
    deductible: Deductible | None = None
    shares_deductible: Id | None = None
    pays: Pays
    caps: tuple[Cap, ...] = ()
    cap: TotalCap | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if bool(self.takes) == (self.residue_of is not None):
            raise ValueError("exactly one of takes, residue_of")
        if self.deductible is not None and self.shares_deductible is not None:
            raise ValueError("at most one of deductible, shares_deductible")
        return self


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


class MakersTerms(Term):
    """What maker and insurer agreed on a product; the patient pays the list price and none of this changes it.

    rebate: the maker returns a share of what the plan paid, or an amount per unit. copay: the maker refunds the
    insurer what the plan paid above the agreed price per unit. outcome: the insurer owes the maker an amount per
    unit once the agreed result is reached (bill tag `outcome_reached`).
    """

    form: Literal["rebate", "copay", "outcome"]
    share_bp: Share | None = Field(default=None, alias="share")
    per_unit_fen: Yuan | None = Field(default=None, alias="per_unit")

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.share_bp is None) == (self.per_unit_fen is None):
            raise ValueError("exactly one of share, per_unit")
        if self.form != "rebate" and self.per_unit_fen is None:
            raise ValueError("per_unit, because only a rebate can be a share")
        return self


class ListEntry(Strict):
    """One product on a list, for an interval of days and for named indications and places if any."""

    name: str
    code: str | None = None
    brand: str | None = None
    holder: str | None = None
    drug_class: str | None = None
    about: str | None = None
    """The indication in words, for readers; `indications` is what lines are matched with."""
    indications: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    makers_terms: MakersTerms | None = None


class ProductList(Term):
    """A list liabilities refer to; without entries its members are known by their tag alone."""

    name: Words
    catalogue: str | None = None
    """Name of a bundled national catalogue whose entries the list takes over."""
    entries: tuple[ListEntry, ...] = ()


class Hypothetical(Term):
    """Settles people without the usual basic cover as if these layers had paid, before the plan looks at the rest."""

    when: When
    layers: tuple[Liability, ...] = Field(min_length=1)


class Insurer(Strict):
    """A member of the pool with its share of premium and payments."""

    name: str
    share_bp: Share = Field(alias="share")


class Precision(Strict):
    """The unit to which a published example states its figures."""

    unit_fen: Yuan = Field(default=1, alias="unit", ge=1)
    rounding: Rounding = "half_up"


class Expected(Strict):
    """Published results of an example; liabilities not named are expected to pay nothing."""

    liabilities: dict[Id, SignedYuan]
    total_fen: Yuan = Field(alias="total")
    patient_fen: Yuan | None = Field(default=None, alias="patient")


class Example(Strict):
    """A worked example: published ones are golden, derived ones are computed by hand from the terms."""

    id: Id
    title: Words
    source: str
    derived: bool = False
    case: Case
    expected: Expected
    precision: Precision = Precision()


class Plan(Term):
    """A plan file."""

    format: Literal["huiji-plan/1"]
    id: Id
    name: Words
    city: Words
    valid_from: date | None = None
    """First day of the edition; absent when unknown, then any date is accepted."""
    valid_to: date | None = None
    benefit_year_starts: MonthDay = "01-01"
    """Month and day on which deductibles and caps start anew."""
    waiting: WaitingPeriod | None = None
    renewal_grace: RenewalGrace | None = None
    crossing_stay: CrossingStay = CrossingStay()
    premiums: tuple[Premium, ...] = Field(min_length=1)
    insurers: tuple[Insurer, ...] = ()
    status_rules: tuple[StatusRule, ...] = ()
    payers: Payers = Payers()
    rounding: RoundingRule = RoundingRule()
    critical_illness_thresholds: Thresholds | None = None
    deductibles: tuple[SharedDeductible, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    hypothetical: Hypothetical | None = None
    liabilities: tuple[Liability, ...] = Field(min_length=1)
    shared_caps: tuple[SharedCap, ...] = ()
    cap: TotalCap | None = None
    cash_benefits: tuple[CashBenefit, ...] = ()
    lists: dict[Id, ProductList] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    notes: tuple[Words, ...] = ()
    examples: tuple[Example, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the plan's content in canonical form; layout and comments of the file do not matter."""
        content = json.dumps(
            self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def default_tier(self) -> str:
        """The tier of members whose tier is not stated."""
        return self.premiums[0].tier

    def benefit_year_start(self, day: date) -> date:
        """First day of the benefit year that `day` falls into."""
        month, first = (int(part) for part in self.benefit_year_starts.split("-"))
        start = date(day.year, month, first)
        return start if day >= start else date(day.year - 1, month, first)

    def benefit_year_end(self, day: date) -> date:
        """Last day of the benefit year that `day` falls into."""
        start = self.benefit_year_start(day)
        return date(start.year + 1, start.month, start.day) - timedelta(days=1)

    def covers(self, day: date) -> bool:
        """Whether this edition is in force on `day`."""
        return (self.valid_from is None or day >= self.valid_from) and (
            self.valid_to is None or day <= self.valid_to
        )

    def liability(self, liability_id: str) -> Liability:
        """The liability with this id. Raises KeyError."""
        return self._by_id[liability_id]

    def promises(self, liability_id: str) -> bool:
        """Whether this is a liability of the plan itself, not a layer it settles hypothetically."""
        return liability_id in self._by_id

    @cached_property
    def _by_id(self) -> dict[str, Liability]:
        return {liability.id: liability for liability in self.liabilities}

    @cached_property
    def has_makers_terms(self) -> bool:
        """Whether any listed product has terms between maker and insurer."""
        return any(entry.makers_terms for each in self.lists.values() for entry in each.entries)

    @cached_property
    def evaluation_order(self) -> tuple[Liability, ...]:
        """Liabilities such that each comes after those whose residue it takes (the file is checked for cycles)."""
        order: list[Liability] = []
        placed: set[str] = set()
        waiting = list(self.liabilities)
        while waiting:
            ready = [
                x for x in waiting if x.residue_of is None or placed.issuperset(x.residue_of.liabilities)
            ]
            if not ready:
                raise ValueError(f"liabilities feed on each other: {', '.join(x.id for x in waiting)}")
            order.append(ready[0])
            placed.add(ready[0].id)
            waiting.remove(ready[0])
        return tuple(order)

    @cached_property
    def selection_order(self) -> tuple[Liability, ...]:
        """Liabilities in the order in which they are offered a cost."""
        takers = [liability for liability in self.liabilities if liability.takes]
        return tuple(sorted(takers, key=lambda liability: -liability.precedence))
