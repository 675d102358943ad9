"""The terms a liability is made of: what it takes, deductible, ratio, caps, exclusions; each with its clause."""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.benefits.amounts import Points, Share, SignedYuan, Yuan
from libs.benefits.case import Bucket, Category, Visit
from libs.benefits.conditions import When

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Strict(BaseModel):
    """Frozen, refuses unknown fields, and is written with the aliases of the file format."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def __copy__(self) -> Self:
        """A copy without what was worked out from the fields: it may be about to get other fields."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Words(Strict):
    """A text in Chinese and English, in our own wording."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Term(Strict):
    """Anything with a clause: where it comes from and whether it is only assumed."""

    clause: str | None = None
    words: Words | None = None
    source: str | None = None
    """Key into the plan's `sources`; inherited from the liability, then from the plan."""
    assumption: bool = False
    """True when something in the term is not published; shown as an assumption wherever it is used."""
    assumes: Words | None = None
    """What exactly is assumed, when not the whole term is."""

    @model_validator(mode="after")
    def _assumption_declared(self) -> Self:
        if self.assumes is not None and not self.assumption:
            raise ValueError("assumption: true next to assumes")
        return self


class Selector(Term):
    """Which costs a liability takes; an absent filter lets everything through, all given must hold."""

    visits: tuple[Visit, ...] | None = None
    buckets: dict[Bucket, Share] = Field(min_length=1)
    """Buckets with the share of each that counts, e.g. half of the first-pay."""
    categories: tuple[Category, ...] | None = None
    """Charge categories; cost without lines passes and is noted as not itemised."""
    lists: tuple[Id, ...] | None = None
    """On any of these lists: tagged so, or found in the plan's `lists`."""
    not_lists: tuple[Id, ...] | None = None
    when: When | None = None


ResiduePart = Literal["deductible", "coinsurance", "above_cap", "scaled_out"]


class Residue(Strict):
    """Takes what other liabilities left with the patient."""

    liabilities: tuple[Id, ...] = Field(min_length=1)
    parts: tuple[ResiduePart, ...] = ("deductible", "coinsurance", "above_cap", "scaled_out")


class AmountRule(Term):
    """Changes an amount when its condition holds; rules apply top to bottom, later ones to the result."""

    when: When
    set_fen: Yuan | None = Field(default=None, alias="set")
    add_fen: SignedYuan | None = Field(default=None, alias="add")
    # Left out of a plan's content where it is not used: plans from before it keep their digests.
    times_bp: Share | None = Field(default=None, alias="times", exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        if sum(each is not None for each in (self.set_fen, self.add_fen, self.times_bp)) != 1:
            raise ValueError("exactly one of set, add, times")
        return self


class Deductible(Term):
    """An amount borne first, per benefit year or per stay; a balance, never a constant."""

    amount_fen: Yuan | None = Field(default=None, alias="amount")
    floats_with: Literal["critical_illness_threshold"] | None = None
    rules: tuple[AmountRule, ...] = ()
    per: Literal["year", "stay"] = "year"

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount_fen is None) == (self.floats_with is None):
            raise ValueError("exactly one of amount, floats_with")
        return self


class Band(Strict):
    """A ratio up to a point of the axis; the last band has no end."""

    up_to_fen: Yuan | None = Field(default=None, alias="up_to")
    ratio_bp: Share = Field(alias="ratio")


def _ascending(bands: tuple[Band, ...]) -> bool:
    ends = [band.up_to_fen for band in bands]
    return (
        bool(ends)
        and ends[-1] is None
        and all(low is not None and (high is None or low < high) for low, high in pairwise(ends))
    )


class RatioRule(Term):
    """Changes the ratios when its condition holds; rules apply top to bottom, later ones to the result."""

    when: When
    set_bp: Share | None = Field(default=None, alias="set")
    bands: tuple[Band, ...] | None = None
    points_bp: Points | None = Field(default=None, alias="points")
    times_bp: Share | None = Field(default=None, alias="times")

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        if sum(x is not None for x in (self.set_bp, self.bands, self.points_bp, self.times_bp)) != 1:
            raise ValueError("exactly one of set, bands, points, times")
        if self.bands is not None and not _ascending(self.bands):
            raise ValueError("bands with rising up_to and a last one without up_to")
        return self


class Pays(Term):
    """Ratio or bands. `measured_on: gross` places bands on the cost itself, with the deductible taken out of the
    lowest; `excess` places them on what is above the deductible."""

    ratio_bp: Share | None = Field(default=None, alias="ratio")
    bands: tuple[Band, ...] | None = None
    measured_on: Literal["gross", "excess"] | None = None
    rules: tuple[RatioRule, ...] = ()

    @cached_property
    def all_bands(self) -> tuple[Band, ...]:
        """The bands, or the one ratio as a band without end."""
        return self.bands or (Band.model_construct(up_to_fen=None, ratio_bp=self.ratio_bp or 0),)

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        if (self.ratio_bp is None) == (self.bands is None):
            raise ValueError("exactly one of ratio, bands")
        if self.bands is not None and not _ascending(self.bands):
            raise ValueError("bands with rising up_to and a last one without up_to")
        banded = self.bands is not None or any(rule.bands for rule in self.rules)
        if banded and self.measured_on is None:
            raise ValueError("measured_on: gross or excess, because there are bands")
        return self


class Cap(Term):
    """A limit inside a liability: on what is paid, on the cost that counts, or on how often it counts."""

    id: Id
    amount_fen: Yuan | None = Field(default=None, alias="amount")
    times: int | None = Field(default=None, ge=1)
    """How many lines of the group count per period, e.g. one scan a year."""
    limits: Literal["paid", "cost"] = "paid"
    per: Literal["year", "stay"] = "year"
    each: Literal["all", "product", "line"] = "all"
    """`product`: one balance per drug or device (code, else name); `line`: per charge, such as one implant."""
    categories: tuple[Category, ...] | None = None
    lists: tuple[Id, ...] | None = None
    rules: tuple[AmountRule, ...] = ()

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.amount_fen is None) == (self.times is None):
            raise ValueError("exactly one of amount, times")
        if self.each == "line" and self.per == "year":
            raise ValueError("per: stay, because a single charge has no year's balance")
        return self


class TotalCap(Term):
    """The limit on everything a liability, a group of liabilities or the plan pays in the year."""

    amount_fen: Yuan = Field(alias="amount")
    rules: tuple[AmountRule, ...] = ()


class SharedCap(TotalCap):
    """One limit over several liabilities."""

    id: Id
    liabilities: tuple[Id, ...] = Field(min_length=1)


class SharedDeductible(Deductible):
    """One deductible that several liabilities use up together."""

    id: Id


class CostScale(Term):
    """Multiplies the cost before deductible and bands, e.g. half of the cost out of town."""

    when: When
    keep_bp: Share = Field(alias="keep")


class Exclusion(Term):
    """Costs that are not paid when the condition holds."""

    id: Id
    when: When | None = None
    categories: tuple[Category, ...] | None = None
    lists: tuple[Id, ...] | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.when is None and self.categories is None and self.lists is None:
            raise ValueError("at least one of when, categories, lists")
        return self
