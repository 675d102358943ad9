"""Which liability takes a portion of cost, and with what weight; or why none does."""

from typing import NamedTuple

from libs.benefits.case import Bill, BillLine, Bucket, Category
from libs.benefits.conditions import Facts
from libs.benefits.listing import entry_of
from libs.benefits.plan import Liability, Plan
from libs.benefits.portions import Portion
from libs.benefits.terms import Exclusion, Selector

_FAILURES = (
    "visit_not_covered",
    "condition_not_met",
    "bucket_not_covered",
    "not_on_list",
    "category_not_covered",
)
"""From coarse to fine: of several liabilities that do not take a cost, the reason of the nearest is told."""


class Answer(NamedTuple):
    """Who takes a portion and with what weight; or, with a `failure`, why nobody does and the clause that says so."""

    liability: Liability | None
    weight_bp: int
    failure: str = ""
    barred: Exclusion | None = None
    by_category: bool = False


_Answers = dict[tuple[Bucket, Category | None, frozenset[str]], Answer]


class Asked:
    """One bill's questions to the plan; what is alike in bucket, charge category and lists is asked once."""

    def __init__(self, plan: Plan, bill: Bill, facts: Facts) -> None:
        self._plan, self._bill, self._facts = plan, bill, facts
        self._of_bill = frozenset(bill.lists).intersection(plan.lists)
        self._names = plan.listed_names
        self._answers = _answers(plan, bill, facts)

    def answer(self, portion: Portion) -> Answer:
        """The plan's answer for this portion."""
        line, names = portion.line, self._names
        category, on = None, self._of_bill
        if line is not None:
            category = line.category
            if line.lists or line.name in names or line.code in names:
                on = self._on(line)
        alike = (portion.bucket, category, on)
        known = self._answers.get(alike)
        if known is None:
            known = self._answers[alike] = self._find(*alike)
        return known

    def _on(self, line: BillLine) -> frozenset[str]:
        """The plan's lists that the line is on."""
        plan, bill = self._plan, self._bill
        found = [name for name, each in plan.lists.items() if entry_of(each, bill, line) is not None]
        return self._of_bill.union(found, (name for name in line.lists if name in plan.lists))

    def _find(self, bucket: Bucket, category: Category | None, on: frozenset[str]) -> Answer:
        barred = _barred(self._plan.exclusions, self._facts, category, on)
        if barred is not None:
            return Answer(None, 0, "plan_exclusion", barred)
        liability, selector, failure = self._taker(bucket, category, on)
        if liability is None or selector is None:
            return Answer(None, 0, failure)
        barred = _barred(liability.exclusions, self._facts, category, on)
        if barred is not None:
            return Answer(liability, 0, "liability_exclusion", barred)
        return Answer(liability, selector.buckets[bucket], by_category=selector.categories is not None)

    def _taker(
        self, bucket: Bucket, category: Category | None, on: frozenset[str]
    ) -> tuple[Liability | None, Selector | None, str]:
        nearest = 0
        for liability in self._plan.selection_order:
            for selector in liability.takes:
                failure = self._failure(selector, bucket, category, on)
                if failure is None:
                    return liability, selector, ""
                nearest = max(nearest, failure)
        return None, None, _FAILURES[nearest]

    def _failure(
        self, selector: Selector, bucket: Bucket, category: Category | None, on: frozenset[str]
    ) -> int | None:
        """Index into `_FAILURES` of the first test that fails; an unknown category fits."""
        if selector.visits is not None and self._bill.visit not in selector.visits:
            return 0
        if selector.when is not None and not selector.when.holds(self._facts):
            return 1
        if bucket not in selector.buckets:
            return 2
        if selector.lists is not None and on.isdisjoint(selector.lists):
            return 3
        if selector.not_lists is not None and not on.isdisjoint(selector.not_lists):
            return 3
        if selector.categories is not None and category is not None and category not in selector.categories:
            return 4
        return None


def _barred(
    exclusions: tuple[Exclusion, ...], facts: Facts, category: Category | None, on: frozenset[str]
) -> Exclusion | None:
    for exclusion in exclusions:
        if exclusion.when is not None and not exclusion.when.holds(facts):
            continue
        if exclusion.categories is not None and category not in exclusion.categories:
            continue
        if exclusion.lists is not None and on.isdisjoint(exclusion.lists):
            continue
        return exclusion
    return None


#: Situations remembered per plan; people and visits differ in few facts that a plan asks for.
_MOST_SITUATIONS = 512


def _answers(plan: Plan, bill: Bill, facts: Facts) -> _Answers:
    """Answers the plan has given in the same situation: equal in kind of visit and every fact that it asks for.

    What is remembered hangs on the plan and is dropped whole when it has grown too much; it never changes a result.
    """
    situations: dict[tuple[object, ...], _Answers] = plan.remembered
    situation = (bill.visit, *(getattr(facts, name) for name in plan.facts_asked))
    known = situations.get(situation)
    if known is None:
        if len(situations) >= _MOST_SITUATIONS:
            situations.clear()
        known = situations[situation] = {}
    return known
