"""Fee lines of a bill of a given total, and the four buckets they sum to."""

from dataclasses import dataclass
from functools import cache
from random import Random

from libs.contracts.settlement import ChargeCategory, FeeLine
from libs.interop.visit_kinds import VisitKind
from libs.synthetic.catalogue import Condition, Item, Severity, hospital_items, special_drugs
from libs.synthetic.settling import Buckets

# What a stay's bill is made of: (category, weight in the amount, least and most lines).
_STAY: tuple[tuple[ChargeCategory, int, int, int], ...] = (
    ("bed", 4, 1, 1),
    ("nursing", 3, 1, 1),
    ("consultation", 2, 1, 1),
    ("laboratory", 6, 1, 3),
    ("examination", 7, 1, 3),
    ("treatment", 7, 1, 2),
    ("surgery", 22, 0, 1),
    ("material", 10, 0, 3),
    ("western_drug", 8, 2, 5),
    ("patent_drug", 4, 0, 1),
    ("herbal_drug", 3, 0, 1),
)
_OUTPATIENT: tuple[tuple[ChargeCategory, int, int, int], ...] = (
    ("registration", 1, 1, 1),
    ("laboratory", 8, 0, 2),
    ("examination", 10, 0, 1),
    ("treatment", 6, 0, 1),
    ("western_drug", 10, 1, 3),
    ("patent_drug", 6, 0, 1),
)
_CHRONIC: tuple[tuple[ChargeCategory, int, int, int], ...] = (
    ("laboratory", 4, 0, 1),
    ("treatment", 10, 0, 1),
    ("western_drug", 20, 1, 4),
)
_BED_ONLY: tuple[tuple[ChargeCategory, int, int, int], ...] = (("bed", 10, 1, 1), ("nursing", 8, 2, 2))

# Probability of an item outside the catalogue (class C) and of one with first-pay (B). The published examples
# put 4 to 23 per cent of a cancer bill outside it; ordinary stays have far less.
_CLASS_SHARES: dict[Severity, tuple[float, float]] = {
    "common": (0.05, 0.40),
    "serious": (0.08, 0.45),
    "cancer": (0.15, 0.50),
    "dialysis": (0.04, 0.40),
}
_FIRST_PAY_PERCENT = {"western_drug": 10, "patent_drug": 10, "herbal_drug": 10}
_OTHER_FIRST_PAY_PERCENT = 20
_OVER_LIMIT_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Itemised:
    """The lines of a bill and what they sum to."""

    lines: tuple[FeeLine, ...]
    buckets: Buckets


@cache
def _items_by_class(category: ChargeCategory) -> dict[str, tuple[Item, ...]]:
    """Items of a category by class; a class that the category lacks borrows the next better covered one."""
    items = hospital_items()[category]
    by_class = {name: tuple(item for item in items if item.list_class == name) for name in "ABC"}
    by_class["B"] = by_class["B"] or by_class["A"] or by_class["C"]
    by_class["A"] = by_class["A"] or by_class["B"]
    by_class["C"] = by_class["C"] or by_class["B"]
    return by_class


def itemise(
    rng: Random, kind: VisitKind, condition: Condition, total_fen: int, bed_only: bool = False
) -> Itemised:
    """A bill of `total_fen` for a visit; `bed_only` is the bill of a stay without treatment."""
    if kind in ("special_drug", "pharmacy"):
        return _drug_purchase(rng)
    if bed_only:
        recipe = _BED_ONLY
    elif kind == "inpatient":
        recipe = _STAY
    else:
        recipe = _OUTPATIENT if kind == "outpatient" else _CHRONIC
    chosen: list[tuple[ChargeCategory, float]] = []
    for category, weight, least, most in recipe:
        count = least if least == most else rng.randint(least, most)
        chosen.extend((category, weight * (0.3 + rng.random())) for _ in range(count))
    outside, first_pay = _CLASS_SHARES[condition.severity]
    whole = sum(weight for _, weight in chosen)
    lines: list[FeeLine] = []
    left = total_fen
    for number, (category, share) in enumerate(chosen, start=1):
        amount = left if number == len(chosen) else int(total_fen * share / whole)
        left -= amount
        draw = rng.random()
        list_class = "C" if draw < outside else "B" if draw < outside + first_pay else "A"
        item = rng.choice(_items_by_class(category)[list_class])
        lines.append(_line(rng, number, item, amount, kind))
    return _sum(lines)


def _line(rng: Random, number: int, item: Item, amount: int, kind: VisitKind) -> FeeLine:
    self_funded = over_limit = first_pay = 0
    if item.list_class == "C":
        self_funded = amount
    else:
        if item.category in ("bed", "material") and rng.random() < _OVER_LIMIT_SHARE:
            over_limit = amount // 10
        if item.list_class == "B":
            percent = _FIRST_PAY_PERCENT.get(item.category, _OTHER_FIRST_PAY_PERCENT)
            first_pay = (amount - over_limit) * percent // 100
    return FeeLine(
        line_no=number,
        code=item.code,
        name=item.name,
        category=item.category,
        list_class=item.list_class,
        quantity_milli=1_000 * max(1, amount // item.price_fen),
        # A stay's drugs are given day by day; only a prescription taken home lasts.
        days_supply=None if kind == "inpatient" else item.days_supply,
        amount_fen=amount,
        self_funded_fen=self_funded,
        over_limit_fen=over_limit,
        first_pay_fen=first_pay,
        in_scope_fen=amount - self_funded - over_limit - first_pay,
    )


def _drug_purchase(rng: Random) -> Itemised:
    """One prescription of one high-cost drug, bought for one or two cycles."""
    item = rng.choice(special_drugs())
    packs = rng.choice((1, 1, 1, 2))
    line = FeeLine(
        line_no=1,
        code=item.code,
        name=item.name,
        category=item.category,
        list_class=item.list_class,
        quantity_milli=1_000 * packs,
        days_supply=packs * (item.days_supply or 0),
        amount_fen=packs * item.price_fen,
        self_funded_fen=packs * item.price_fen,
        in_scope_fen=0,
    )
    return _sum([line])


def _sum(lines: list[FeeLine]) -> Itemised:
    self_funded = over_limit = first_pay = in_scope = 0
    for line in lines:
        self_funded += line.self_funded_fen
        over_limit += line.over_limit_fen
        first_pay += line.first_pay_fen
        in_scope += line.in_scope_fen
    return Itemised(tuple(lines), Buckets(self_funded, over_limit, first_pay, in_scope))
