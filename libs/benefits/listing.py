"""Whether a charge's product is on a list of the plan, on its day, for its indication and at its place."""

from datetime import date

from libs.benefits.case import Bill, BillLine
from libs.benefits.plan import Plan
from libs.benefits.product_lists import ListEntry, ProductList


def on_any_list(plan: Plan, list_ids: tuple[str, ...], bill: Bill, line: BillLine | None) -> bool:
    """Whether the bill or line is tagged with one of the lists, or the line's product is an entry of one."""
    for list_id in list_ids:
        if list_id in bill.lists or (line is not None and list_id in line.lists):
            return True
        if (
            line is not None
            and list_id in plan.lists
            and entry_of(plan.lists[list_id], bill, line) is not None
        ):
            return True
    return False


def entry_of(product_list: ProductList, bill: Bill, line: BillLine) -> ListEntry | None:
    """The entry the line's product is on that day, for its indication and place; what is unknown does not bar."""
    if line.name not in product_list.names and line.code not in product_list.names:
        return None
    day = line.service_date or bill.service_date
    entries = (
        entry
        for entry in product_list.entries
        if _same_product(entry, line)
        and (not entry.indications or line.indication is None or line.indication in entry.indications)
        and (not entry.sites or line.site is None or line.site in entry.sites)
        and _on_list_that_day(entry.valid_from, entry.valid_to, day)
    )
    return next(entries, None)


def _same_product(entry: ListEntry, line: BillLine) -> bool:
    if entry.code and line.code:
        return entry.code == line.code
    return line.name is not None and line.name in (entry.name, entry.brand)


def _on_list_that_day(valid_from: date | None, valid_to: date | None, day: date | None) -> bool:
    return day is None or (
        (valid_from is None or day >= valid_from) and (valid_to is None or day <= valid_to)
    )
