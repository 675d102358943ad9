"""Gives each portion of cost to one liability, or says why none takes it."""

from dataclasses import dataclass
from datetime import date

from libs.benefits.case import Bill, BillLine
from libs.benefits.conditions import Facts
from libs.benefits.plan import Liability, Plan
from libs.benefits.portions import Portion
from libs.benefits.product_lists import ListEntry, ProductList
from libs.benefits.rounding import round_bp
from libs.benefits.terms import Exclusion, Selector


@dataclass(frozen=True, slots=True)
class Taken:
    """Cost a liability counts: the portion it came from (none for residues) and the amount after its weight."""

    portion: Portion | None
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """Cost no liability counts. `reason` is a code; `exclusion` the plan's own clause when one said so."""

    bill_id: str
    portion: Portion
    amount_fen: int
    reason: str
    liability_id: str | None = None
    exclusion: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which liability took what of a bill."""

    taken: dict[str, list[Taken]]
    excluded: list[Excluded]
    not_itemised: frozenset[str]
    """Liabilities that ask for charge categories and took cost without lines."""


_FAILURES = (
    "visit_not_covered",
    "condition_not_met",
    "not_on_list",
    "category_not_covered",
    "bucket_not_covered",
)


def select(plan: Plan, bill: Bill, facts: Facts, portions: list[Portion]) -> Selection:
    """Offers each portion to the liabilities in selection order; the first whose selector fits takes it."""
    taken: dict[str, list[Taken]] = {}
    excluded: list[Excluded] = []
    not_itemised: set[str] = set()
    for portion in portions:
        barred = _barred(plan.exclusions, plan, bill, facts, portion)
        if barred is not None:
            excluded.append(Excluded(bill.id, portion, portion.amount_fen, "plan_exclusion", None, barred))
            continue
        liability, selector, failure = _taker(plan, bill, facts, portion)
        if liability is None or selector is None:
            excluded.append(Excluded(bill.id, portion, portion.amount_fen, failure))
            continue
        barred = _barred(liability.exclusions, plan, bill, facts, portion)
        if barred is not None:
            excluded.append(
                Excluded(bill.id, portion, portion.amount_fen, "liability_exclusion", liability.id, barred)
            )
            continue
        counted = round_bp(portion.amount_fen * selector.buckets[portion.bucket])
        if counted:
            taken.setdefault(liability.id, []).append(Taken(portion, counted))
        if counted < portion.amount_fen:
            rest = portion.amount_fen - counted
            excluded.append(Excluded(bill.id, portion, rest, "counted_in_part", liability.id))
        if selector.categories is not None and (portion.line is None or portion.line.category is None):
            not_itemised.add(liability.id)
    return Selection(taken, excluded, frozenset(not_itemised))


def _taker(
    plan: Plan, bill: Bill, facts: Facts, portion: Portion
) -> tuple[Liability | None, Selector | None, str]:
    nearest = 0
    for liability in plan.selection_order:
        for selector in liability.takes:
            failure = _failure(selector, plan, bill, facts, portion)
            if failure is None:
                return liability, selector, ""
            nearest = max(nearest, failure)
    return None, None, _FAILURES[nearest]


def _failure(selector: Selector, plan: Plan, bill: Bill, facts: Facts, portion: Portion) -> int | None:
    """Index into `_FAILURES` of the first test that fails; the tests run from coarse to fine."""
    if selector.visits is not None and bill.visit not in selector.visits:
        return 0
    if selector.when is not None and not selector.when.holds(facts):
        return 1
    if portion.bucket not in selector.buckets:
        return 2
    if selector.lists is not None and not on_any_list(plan, selector.lists, bill, portion.line):
        return 3
    if selector.not_lists is not None and on_any_list(plan, selector.not_lists, bill, portion.line):
        return 3
    category = portion.line.category if portion.line is not None else None
    if selector.categories is not None and category is not None and category not in selector.categories:
        return 4
    return None


def _barred(
    exclusions: tuple[Exclusion, ...], plan: Plan, bill: Bill, facts: Facts, portion: Portion
) -> Exclusion | None:
    for exclusion in exclusions:
        if exclusion.when is not None and not exclusion.when.holds(facts):
            continue
        category = portion.line.category if portion.line is not None else None
        if exclusion.categories is not None and category not in exclusion.categories:
            continue
        if exclusion.lists is not None and not on_any_list(plan, exclusion.lists, bill, portion.line):
            continue
        return exclusion
    return None


def on_any_list(plan: Plan, list_ids: tuple[str, ...], bill: Bill, line: BillLine | None) -> bool:
    """Whether the bill or line is tagged with one of the lists, or the line's product is an entry of one."""
    for list_id in list_ids:
        if list_id in bill.lists or (line is not None and list_id in line.lists):
            return True
        product_list = plan.lists.get(list_id)
        if line is not None and product_list is not None and entry_of(product_list, bill, line) is not None:
            return True
    return False


def entry_of(product_list: ProductList, bill: Bill, line: BillLine) -> ListEntry | None:
    """The entry the line's product is on that day, for its indication and place; what is unknown does not bar."""
    day = line.service_date or bill.service_date
    entries = (
        entry
        for entry in product_list.entries
        if _same_product(entry, line)
        and (not entry.indications or line.indication is None or line.indication in entry.indications)
        and (not entry.sites or line.site is None or line.site in entry.sites)
        and _in_force(entry.valid_from, entry.valid_to, day)
    )
    return next(entries, None)


def _same_product(entry: ListEntry, line: BillLine) -> bool:
    if entry.code and line.code:
        return entry.code == line.code
    return line.name is not None and line.name in (entry.name, entry.brand)


def _in_force(valid_from: date | None, valid_to: date | None, day: date | None) -> bool:
    return day is None or (
        (valid_from is None or day >= valid_from) and (valid_to is None or day <= valid_to)
    )
