"""Distinct facts of many bills: what depends on them alone is asked of the engine's own code, once for each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel

from libs.benefits import Bill, Member, Plan
from libs.benefits.conditions import Facts, When
from libs.benefits.terms import Deductible
from libs.benefits_columnar.columns import parted
from libs.benefits_columnar.exact import Index

_COLUMN = {"pre_existing_class": "pre_existing_classes", "group": "groups", "tag": "tags"}
_SETS = frozenset(_COLUMN)
_UNASKED: dict[str, Any] = {
    "pre_existing": False,
    "pre_existing_class": frozenset(),
    "related_to_pre_existing": None,
    "scheme": "",
    "group": frozenset(),
    "tier": "",
    "continuous_years": 0,
    "claim_free_years": 0,
    "age": None,
    "visit": "",
    "place": "",
    "filed": True,
    "settled": True,
    "hospital_grade": None,
    "public_hospital": None,
    "ordinary_ward": None,
    "tag": frozenset(),
}


@dataclass(frozen=True)
class Profile:
    """One combination of the facts asked for, as the engine's functions take them."""

    facts: Facts
    member: Member
    bill: Bill


@dataclass(frozen=True)
class Profiles:
    """The distinct combinations, and which one each bill has."""

    of_bill: Index
    each: tuple[Profile, ...]


def profiles_of(plan: Plan, bills: pl.DataFrame, terms: Iterable[BaseModel], *extra: str) -> Profiles:
    """The profiles of `bills` by the facts that conditions within `terms` ask for, and `extra` columns."""
    asked = sorted({name for term in terms for name in _asked(term)})
    columns = sorted({_COLUMN.get(name, name) for name in asked} | set(extra))
    if not columns:
        return Profiles(np.zeros(bills.height, np.int64), (_profile(plan, asked, {}),))
    distinct = bills.select(columns).unique(maintain_order=True).with_row_index("profile")
    of_bill = bills.select(columns).join(
        distinct, on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    each = tuple(_profile(plan, asked, row) for row in distinct.iter_rows(named=True))
    return Profiles(of_bill["profile"].cast(pl.Int64).to_numpy(), each)


def _profile(plan: Plan, asked: Iterable[str], row: dict[str, Any]) -> Profile:
    facts = dict(_UNASKED)
    for name in asked:
        value = row[_COLUMN.get(name, name)]
        facts[name] = frozenset(parted(value)) if name in _SETS else value
    if "tier" in asked:
        facts["tier"] = facts["tier"] or plan.default_tier
    member = Member(
        scheme=row.get("scheme") or "",
        critical_illness_threshold_fen=row.get("critical_illness_threshold_fen"),
    )
    bill = Bill(visit=row.get("visit", "inpatient"), lists=parted(row.get("lists")), total_fen=0)
    return Profile(Facts(**facts), member, bill)


def _asked(value: object) -> Iterator[str]:
    """Names of the facts that conditions anywhere within a value ask for."""
    if isinstance(value, When):
        yield from value.model_fields_set - {"none_of", "any_of"}
    if isinstance(value, Deductible) and value.floats_with is not None:
        yield "scheme"
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _asked(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _asked(each)
