"""A plan: one city's product of one year, as its file says it. Amounts in the model are fen, ratios basis points."""

import hashlib
import json
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from libs.benefits.amounts import CANONICAL
from libs.benefits.conditions import When, conditions_of
from libs.benefits.product_lists import ProductList
from libs.benefits.provisions import (
    CashBenefit,
    CrossingStay,
    Insurer,
    MonthDay,
    OneStop,
    Payers,
    Premium,
    RenewalGrace,
    RoundingRule,
    Source,
    Thresholds,
    WaitingPeriod,
)
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
    Term,
    TotalCap,
    Words,
)
from libs.benefits.worked_example import Example


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


class Hypothetical(Term):
    """Settles people without the usual basic cover as if these layers had paid, before the plan looks at the rest."""

    when: When
    layers: tuple[Liability, ...] = Field(min_length=1)


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
    one_stop: OneStop | None = None
    """Absent: the centre's codes are the liabilities' ids, and any difference is looked at."""
    lists: dict[Id, ProductList] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    notes: tuple[Words, ...] = ()
    examples: tuple[Example, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical content; layout and comments of the file do not matter."""
        return hashlib.sha256(self.canonical_json).hexdigest()

    @classmethod
    def of_canonical_json(cls, content: bytes) -> Self:
        """The plan whose `canonical_json` this is. Raises pydantic's ValidationError."""
        return cls.model_validate_json(content, context=CANONICAL)

    @property
    def canonical_json(self) -> bytes:
        """The plan's whole content as JSON with sorted keys: what its digest is of.

        Decisions cite plans by digests from before `one_stop` was a term, so a plan without it does not mention it.
        """
        unsaid = {"one_stop"} if self.one_stop is None else None
        content = json.dumps(
            self.model_dump(mode="json", exclude=unsaid),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        return content.encode()

    @property
    def default_tier(self) -> str:
        """The tier of members whose tier is not stated."""
        return self.premiums[0].tier

    @cached_property
    def tiers(self) -> frozenset[str]:
        """Every tier that has a premium."""
        return frozenset(premium.tier for premium in self.premiums)

    @cached_property
    def tier_names(self) -> dict[str, str]:
        """Tiers by the names that members know them by."""
        return {name: each.tier for each in self.premiums for name in (each.name.zh, each.name.en)}

    def benefit_year_start(self, day: date) -> date:
        """First day of the benefit year that `day` falls into."""
        month, first = self._first_day
        return date(day.year if (day.month, day.day) >= (month, first) else day.year - 1, month, first)

    @cached_property
    def _first_day(self) -> tuple[int, int]:
        """Month and day of `benefit_year_starts`."""
        month, day = self.benefit_year_starts.split("-")
        return int(month), int(day)

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

    def liability_of_code(self, code: str) -> str | None:
        """The liability that the insurance centre means by a code; None when the plan knows no such one."""
        liability_id = self.one_stop.codes.get(code, code) if self.one_stop is not None else code
        return liability_id if self.promises(liability_id) else None

    def promises(self, liability_id: str) -> bool:
        """Whether this is a liability of the plan itself, not a layer it settles hypothetically."""
        return liability_id in self._by_id

    @cached_property
    def _by_id(self) -> dict[str, Liability]:
        return {liability.id: liability for liability in self.liabilities}

    @cached_property
    def facts_asked(self) -> tuple[str, ...]:
        """Names of the facts that decide which liability takes a cost, beside the kind of visit."""
        asked: set[str] = set()
        for part in (self.exclusions, *((each.takes, each.exclusions) for each in self.liabilities)):
            for when in conditions_of(part):
                asked |= when.model_fields_set - {"none_of", "any_of"}
        return tuple(sorted(asked))

    @cached_property
    def remembered(self) -> dict[tuple[object, ...], dict[Any, Any]]:
        """Room for answers that follow from the plan alone, so that the engine works them out once (`taker.py`)."""
        return {}

    @cached_property
    def origins(self) -> dict[tuple[int, str], Any]:
        """Room for where each term's figures come from, worked out once (`liability_steps.py`)."""
        return {}

    @cached_property
    def pools(self) -> dict[date, tuple[Insurer, ...]]:
        """Room for the insurers of each day, worked out once (`pool.py`)."""
        return {}

    @cached_property
    def listed_names(self) -> frozenset[str]:
        """Every name, brand and code on any of the plan's lists."""
        return frozenset[str]().union(*(each.names for each in self.lists.values()))

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
