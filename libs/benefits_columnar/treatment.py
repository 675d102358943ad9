"""Who takes which cost: the engine's own selection, asked once for each distinct kind of cost."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from libs.benefits import Bill, BillLine, Plan
from libs.benefits.case import BUCKETS
from libs.benefits.listing import on_any_list
from libs.benefits.portions import Portion
from libs.benefits.selection import select
from libs.benefits_columnar.columns import parted
from libs.benefits_columnar.exact import Index
from libs.benefits_columnar.profiles import Profiles, profiles_of
from libs.money import BASIS_POINTS

#: The class of cost that no line itemises.
NO_LINE = 0


@dataclass(frozen=True)
class LineClasses:
    """Kinds of lines as far as the plan tells them apart: a charge category and the lists the product is on."""

    of_line: Index
    each: tuple[BillLine | None, ...]
    """A line of the class; None for NO_LINE."""


@dataclass(frozen=True)
class Treatments:
    """Per (profile, bucket, class): the liability's place in the plan, -1 for none, and the weight."""

    profiles: Profiles
    taker: NDArray[np.int64]
    weight_bp: NDArray[np.int64]


def line_classes(plan: Plan, bills: pl.DataFrame, lines: pl.DataFrame) -> LineClasses:
    """The class of every line."""
    list_ids, categories = _told_apart(plan)
    known = _identities(plan, list_ids, bills, lines, with_category=categories)
    if known is None:
        line = BillLine(amount_fen=0)
        return LineClasses(np.ones(lines.height, np.int64), (None, line))
    distinct, of_line = known
    numbers: dict[tuple[str, tuple[str, ...]], int] = {}
    class_of = []
    for row in distinct.iter_rows(named=True):
        key = (row.get("category", "other"), _lists_of(plan, list_ids, row))
        class_of.append(numbers.setdefault(key, len(numbers) + 1))
    each = [
        BillLine.model_validate({"category": category, "lists": lists, "amount_fen": 0})
        for category, lists in numbers
    ]
    return LineClasses(np.array(class_of, np.int64)[of_line], (None, *each))


def treatments_of(plan: Plan, bills: pl.DataFrame, line_bill: Index, classes: LineClasses) -> Treatments:
    """Who takes what, for every combination of facts and class that occurs."""
    terms = [*plan.exclusions, *(t for each in plan.liabilities for t in (*each.takes, *each.exclusions))]
    profiles = profiles_of(plan, bills, terms, "visit", "lists")
    count = len(classes.each)
    occurs = np.zeros(len(profiles.each) * count, np.bool_)
    occurs[profiles.of_bill[line_bill] * count + classes.of_line] = True
    occurs[np.arange(len(profiles.each)) * count + NO_LINE] = True
    taker = np.full((len(profiles.each), len(BUCKETS), count), -1, np.int64)
    weight = np.zeros_like(taker)
    place = {liability.id: index for index, liability in enumerate(plan.liabilities)}
    for number in np.flatnonzero(occurs):
        at, kind = divmod(int(number), count)
        profile, line = profiles.each[at], classes.each[kind]
        index = None if line is None else 0
        # Of 10 000 fen, the fen that are counted are the weight in basis points.
        portions = [Portion(bucket, index, line, BASIS_POINTS) for bucket in BUCKETS]
        for liability_id, taken in select(plan, profile.bill, profile.facts, portions).taken.items():
            for one in taken:
                assert one.portion is not None
                bucket = BUCKETS.index(one.portion.bucket)
                taker[at, bucket, kind] = place[liability_id]
                weight[at, bucket, kind] = one.amount_fen
    return Treatments(profiles, taker, weight)


def _told_apart(plan: Plan) -> tuple[tuple[str, ...], bool]:
    """The lists that decide something about a line, and whether its category does."""
    terms = [*plan.exclusions]
    lists: set[str] = set()
    categories = False
    for liability in plan.liabilities:
        terms += liability.exclusions
        for selector in liability.takes:
            lists.update(selector.lists or (), selector.not_lists or ())
            categories |= selector.categories is not None
        for cap in liability.caps:
            lists.update(cap.lists or ())
            categories |= cap.categories is not None
    for exclusion in terms:
        lists.update(exclusion.lists or ())
        categories |= exclusion.categories is not None
    return tuple(sorted(lists)), categories


def _identities(
    plan: Plan, list_ids: tuple[str, ...], bills: pl.DataFrame, lines: pl.DataFrame, *, with_category: bool
) -> tuple[pl.DataFrame, Index] | None:
    """Distinct lines as far as lists and categories go, and which one each line is; None when all are alike."""
    entries = [entry for each in list_ids if each in plan.lists for entry in plan.lists[each].entries]
    columns: list[pl.Expr] = [pl.col("category")] if with_category else []
    if list_ids:
        columns.append(pl.col("lists"))
    if entries:
        codes = [entry.code for entry in entries if entry.code]
        names = [name for entry in entries for name in (entry.name, entry.brand) if name]
        listed = pl.col("code").is_in(codes) | pl.col("name").is_in(names)
        billed_on = bills["service_date"].gather(lines["bill"])
        lines = lines.with_columns(pl.coalesce(pl.col("service_date"), billed_on.alias("day")).alias("day"))
        # What no entry names is on no list by its product: only what may be on one is told apart further.
        columns += [
            pl.when(listed).then(pl.col(name)).alias(name)
            for name in ("code", "name", "indication", "site", "day")
        ]
    if not columns:
        return None
    keys = lines.select(columns)
    distinct = keys.unique(maintain_order=True).with_row_index("identity")
    joined = keys.join(distinct, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return distinct, joined["identity"].cast(pl.Int64).to_numpy()


def _lists_of(plan: Plan, list_ids: tuple[str, ...], row: dict[str, Any]) -> tuple[str, ...]:
    """The lists that a distinct line is on."""
    line = BillLine(
        amount_fen=0,
        code=row.get("code"),
        name=row.get("name"),
        lists=parted(row.get("lists")),
        indication=row.get("indication"),
        site=row.get("site"),
        service_date=row.get("day"),
    )
    bill = Bill(total_fen=0)
    return tuple(each for each in list_ids if on_any_list(plan, (each,), bill, line))
