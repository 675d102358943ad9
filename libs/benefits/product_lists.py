"""Lists of products, with days, indications, places, and what maker and insurer agreed."""

from datetime import date
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from libs.benefits.amounts import Share, Yuan
from libs.benefits.terms import Strict, Term, Words


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

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name, brand and code on the list: what is none of them is not on it."""
        return frozenset(
            name for entry in self.entries for name in (entry.name, entry.brand, entry.code) if name
        )
