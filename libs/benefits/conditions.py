"""Conditions of plan files (`when:`), matched against the facts of a person and a bill."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from libs.benefits.case import Bill, Case, Member


class Facts(NamedTuple):
    """What a condition can ask; `None` is unknown and matches no condition."""

    pre_existing: bool
    pre_existing_class: frozenset[str]
    related_to_pre_existing: bool | None
    scheme: str
    group: frozenset[str]
    tier: str
    continuous_years: int
    claim_free_years: int
    age: int | None
    visit: str
    place: str
    filed: bool
    settled: bool
    hospital_grade: int | None
    public_hospital: bool | None
    ordinary_ward: bool | None
    tag: frozenset[str]


def facts_of(member: Member, bill: Bill, default_tier: str) -> Facts:
    """The facts of one bill of one member."""
    return Facts(
        pre_existing=member.pre_existing,
        pre_existing_class=frozenset(member.pre_existing_classes),
        related_to_pre_existing=bill.related_to_pre_existing,
        scheme=member.scheme,
        group=frozenset(member.groups),
        tier=member.tier or default_tier,
        continuous_years=member.continuous_years,
        claim_free_years=member.claim_free_years,
        age=member.age,
        visit=bill.visit,
        place=bill.place,
        filed=bill.filed,
        settled=bill.settled,
        hospital_grade=bill.hospital_grade,
        public_hospital=bill.public_hospital,
        ordinary_ward=bill.ordinary_ward,
        tag=frozenset(bill.tags),
    )


class Range(BaseModel):
    """Inclusive bounds; one of them may be absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: int | None = None
    max: int | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("min, max or both")
        return self

    def holds(self, value: int) -> bool:
        """Whether `value` lies within the bounds."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
"""One name or several, of which any may hold."""


class When(BaseModel):
    """All conditions given must hold; a list means any of its values; `not` and `any` nest."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    pre_existing: bool | None = None
    pre_existing_class: Names | None = None
    related_to_pre_existing: bool | None = None
    scheme: Names | None = None
    group: Names | None = None
    tier: Names | None = None
    continuous_years: Range | None = None
    claim_free_years: Range | None = None
    age: Range | None = None
    visit: Names | None = None
    place: Names | None = None
    filed: bool | None = None
    settled: bool | None = None
    hospital_grade: Range | None = None
    public_hospital: bool | None = None
    ordinary_ward: bool | None = None
    tag: Names | None = None
    none_of: "When | None" = Field(default=None, alias="not")
    any_of: "tuple[When, ...] | None" = Field(default=None, alias="any")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("at least one condition")
        return self

    def holds(self, facts: Facts) -> bool:
        """Whether every condition given holds for these facts."""
        if self.none_of is not None and self.none_of.holds(facts):
            return False
        if self.any_of is not None and not any(each.holds(facts) for each in self.any_of):
            return False
        return all(_met(wanted, getattr(facts, name)) for name, wanted in self._wanted)

    @cached_property
    def _wanted(self) -> tuple[tuple[str, object], ...]:
        """The facts asked for, by name: a plan asks a few of many, and asks them of every bill."""
        named = ((name, getattr(self, name)) for name in self.model_fields_set - {"none_of", "any_of"})
        return tuple((name, wanted) for name, wanted in named if wanted is not None)


def _met(wanted: Any, fact: Any) -> bool:
    if fact is None:
        return False
    if isinstance(wanted, Range):
        return wanted.holds(fact)
    if isinstance(wanted, bool):
        return bool(fact == wanted)
    if isinstance(fact, frozenset):
        return not fact.isdisjoint(wanted)
    return fact in wanted


def conditions_of(value: object) -> Iterator[When]:
    """Every condition in a plan or a part of it, however deep; cases of examples have none."""
    if isinstance(value, When):
        yield value
    if isinstance(value, BaseModel) and not isinstance(value, Case):
        for name in type(value).model_fields:
            yield from conditions_of(getattr(value, name))
    elif isinstance(value, tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from conditions_of(each)
