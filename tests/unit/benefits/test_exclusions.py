"""Exclusions, caps of nothing and balances: each of these was found by a mutant that no other test noticed."""

import pytest

from libs.benefits import Bill, BillLine, Usage
from tests.unit.benefits.plan_texts import a_liability, evaluated, in_scope

_DRUG = BillLine(category="drug", name="甲", amount_fen=100)
_MEAL = BillLine(category="meal", name="饭", amount_fen=20)
_STAY = Bill(total_fen=120, ordinary_ward=False, lines=(_DRUG, _MEAL))
_LIST = "lists: {herbs: {name: {zh: 表, en: list}, entries: [{name: 甲}]}}\n"


def _words(name: str) -> str:
    return f"words: {{zh: {name}, en: {name}}}"


@pytest.mark.parametrize("where", ["plan", "liability"])
@pytest.mark.parametrize(
    ("asks", "left_fen"),
    [
        ("categories: [meal]", 100),
        ("lists: [herbs]", 20),
        ("when: {visit: inpatient}", 0),
        ("when: {visit: inpatient}, lists: [herbs]", 20),
        ("when: {visit: outpatient}, categories: [meal]", 120),
        ("when: {visit: [outpatient, inpatient], ordinary_ward: false}", 0),
        ("when: {not: {ordinary_ward: false}}", 120),
    ],
)
def test_an_exclusion_bars_what_it_names_and_nothing_else(where: str, asks: str, left_fen: int) -> None:
    # The first one never holds: one that does not hold must not hide the next.
    rule = (
        "exclusions: [{id: never, when: {visit: [emergency, outpatient]}}, {id: nor, categories: [bed]}, "
        "{id: no_list, lists: [other]}, {id: barred, " + asks + ", " + _words("不赔") + "}]"
    )
    lists = _LIST.replace("}}\n", "}, other: {name: {zh: 空, en: empty}}}\n")
    of_plan = where == "plan"
    result = evaluated(
        a_liability("pays: {ratio: 100%}" + ("" if of_plan else f"\n{rule}")),
        _STAY,
        rest=lists + (f"{rule}\n" if of_plan else ""),
    )

    assert result.plan_pays_fen == left_fen
    told = [
        (part.reason, part.liability_id, part.exclusion.id if part.exclusion else None)
        for part in result.excluded
    ]
    barred = (f"{where}_exclusion", None if of_plan else "one", "barred")
    assert set(told) == ({barred} if left_fen < _STAY.total_fen else set())


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("visits: [outpatient], buckets: {in_scope: 100%}", "visit_not_covered"),
        ("when: {place: out_of_town}, buckets: {in_scope: 100%}", "condition_not_met"),
        ("buckets: {self_funded: 100%}", "bucket_not_covered"),
        ("lists: [herbs], buckets: {in_scope: 100%}", "not_on_list"),
    ],
)
def test_cost_that_nobody_takes_is_told_the_first_test_it_failed(selector: str, reason: str) -> None:
    liability = f"  - id: one\n    name: {{zh: 一, en: one}}\n    takes: [{{{selector}}}]\n    pays: {{ratio: 100%}}\n"
    result = evaluated(liability, in_scope(1, id="stay-7"), rest=_LIST)

    assert [(part.bill_id, part.reason) for part in result.excluded] == [("stay-7", reason)]
    assert [bill.bill_id for bill in result.bills] == ["stay-7"]


def test_a_cap_over_all_of_a_category_or_list_holds_for_the_year() -> None:
    for what in ("categories: [drug]", "lists: [herbs]"):
        terms = f"pays: {{ratio: 100%}}\ncaps: [{{id: inner, amount: 1.5, {what}}}]"
        result = evaluated(a_liability(terms), _STAY, _STAY, _STAY, rest=_LIST)

        # Each stay has 1.00 under the cap and 0.20 beside it.
        assert [each.paid_fen for each in result.liabilities] == [120, 70, 20]
        assert result.usage_after.caps == {"one/inner": 150}


def test_a_cap_of_nothing_and_a_change_by_nothing_are_exactly_that() -> None:
    nothing = "pays: {ratio: 100%}\ncaps: [{id: inner, amount: 0, categories: [drug]}]"
    assert evaluated(a_liability(nothing), _STAY).plan_pays_fen == 20
    unchanged = "deductible: {amount: 1, rules: [{when: {visit: inpatient}, add: 0}]}\npays: {ratio: 100%}"
    assert evaluated(a_liability(unchanged), _STAY).plan_pays_fen == 20


def test_a_cap_per_stay_has_no_balance_even_if_the_year_states_one() -> None:
    used = Usage(caps={"one/stay": 150, "one/often": 1})
    for cap in ("{id: stay, amount: 1, per: stay}", "{id: often, times: 2, per: stay}"):
        terms = f"pays: {{ratio: 100%}}\ncaps: [{cap}]"
        unlimited = evaluated(a_liability(terms), _STAY)
        assert evaluated(a_liability(terms), _STAY, used=used).plan_pays_fen == unlimited.plan_pays_fen > 0
