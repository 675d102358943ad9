"""What hospitals charge for and what people are treated for, from the packaged tables."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from libs.contracts.settlement import ChargeCategory
from libs.interop.national.fields import CHARGE_CODES

Severity = Literal["common", "serious", "cancer", "dialysis"]
_SEVERITIES: dict[str, Severity] = {
    "common": "common",
    "serious": "serious",
    "cancer": "cancer",
    "dialysis": "dialysis",
}
_CLASSES: dict[str, Literal["A", "B", "C"]] = {"A": "A", "B": "B", "C": "C"}
_CATEGORIES: dict[str, ChargeCategory] = {category: category for category in CHARGE_CODES}


@dataclass(frozen=True, slots=True)
class Item:
    """A drug, material or service with its class in the basic catalogue and a usual price in fen."""

    code: str
    name: str
    category: ChargeCategory
    list_class: Literal["A", "B", "C"]
    price_fen: int
    days_supply: int | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A reason for a visit: who gets it, how often, how dear it is."""

    code: str
    name: str
    weight: int
    severity: Severity
    min_age: int
    max_age: int
    sex: str
    snomed: tuple[str, ...]


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("libs.synthetic") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _item(row: dict[str, str]) -> Item:
    return Item(
        code=row["code"],
        name=row["name"],
        category=_CATEGORIES[row["category"]],
        list_class=_CLASSES[row["list_class"]],
        price_fen=int(row["price_yuan"]) * 100,
        days_supply=int(row["days_supply"]) if row["days_supply"] else None,
    )


@cache
def hospital_items() -> dict[ChargeCategory, tuple[Item, ...]]:
    """Items of a hospital's bill, by charge category."""
    items = [_item(row) for row in _rows("catalogue.csv") if not row["kind"]]
    return {
        category: tuple(item for item in items if item.category == category)
        for category in _CATEGORIES.values()
    }


@cache
def special_drugs() -> tuple[Item, ...]:
    """High-cost drugs bought on prescription outside the hospital, all outside the basic catalogue."""
    return tuple(_item(row) for row in _rows("catalogue.csv") if row["kind"] == "special_drug")


@cache
def conditions() -> tuple[Condition, ...]:
    """All conditions, in order of their code."""
    return tuple(
        Condition(
            code=row["code"],
            name=row["name"],
            weight=int(row["weight"]),
            severity=_SEVERITIES[row["severity"]],
            min_age=int(row["min_age"]),
            max_age=int(row["max_age"]),
            sex=row["sex"],
            snomed=tuple(row["snomed"].split()),
        )
        for row in _rows("conditions.csv")
    )
