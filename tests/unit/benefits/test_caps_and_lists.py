"""Caps inside caps, and lists with dates, indications and places."""

from datetime import date

import pytest

from libs.benefits import Bill, BillLine, Usage
from tests.unit.benefits.plan_texts import a_liability, evaluated


def drug(code: str | None, yuan: int, **facts: object) -> BillLine:
    return BillLine.model_validate({"category": "drug", "code": code, "amount_fen": yuan * 100, **facts})


def a_bill(*lines: BillLine, rest_yuan: int = 0) -> Bill:
    return Bill(total_fen=sum(line.amount_fen for line in lines) + rest_yuan * 100, lines=lines)


def test_a_cap_per_drug_limits_each_drug_over_the_whole_year() -> None:
    liability = a_liability(
        "pays: {ratio: 50%}\ncaps: [{id: drug, amount: 300, each: product, categories: [drug]}]"
    )
    first = evaluated(liability, a_bill(drug("A", 500), drug("B", 400)))
    second = evaluated(liability, a_bill(drug("A", 500), drug("B", 400)), used=first.usage_after)

    assert first.plan_pays_fen == 250_00 + 200_00
    assert first.usage_after.caps == {"one/drug/A": 250_00, "one/drug/B": 200_00}
    assert second.plan_pays_fen == 50_00 + 100_00
    assert [(cut.group, cut.cut_fen) for cut in second.liabilities[0].cuts] == [("A", 200_00), ("B", 100_00)]


def test_cost_without_a_product_is_outside_the_cap_per_product() -> None:
    liability = a_liability("pays: {ratio: 100%}\ncaps: [{id: drug, amount: 1, each: product}]")

    assert evaluated(liability, a_bill(drug(None, 5), drug("A", 5), rest_yuan=5)).plan_pays_fen == 11_00


def test_a_drugs_balance_grows_only_by_what_was_paid_in_the_end() -> None:
    liability = a_liability(
        "pays: {ratio: 100%}\ncaps: [{id: drug, amount: 300, each: product}]\ncap: {amount: 100}"
    )

    assert evaluated(liability, a_bill(drug("A", 500))).usage_after.caps == {"one/drug/A": 100_00}


def test_a_cap_per_implant_applies_to_every_charge_of_a_stay() -> None:
    liability = a_liability("pays: {ratio: 100%}\ncaps: [{id: implant, amount: 10, each: line, per: stay}]")
    evaluation = evaluated(liability, a_bill(drug("A", 15), drug("A", 5)), a_bill(drug("A", 15)))

    assert evaluation.plan_pays_fen == 10_00 + 5_00 + 10_00


def test_a_cap_on_cost_comes_before_the_deductible() -> None:
    liability = a_liability(
        "deductible: {amount: 100}\npays: {ratio: 50%}\ncaps: [{id: cost, amount: 300, limits: cost}]"
    )
    evaluation = evaluated(liability, a_bill(rest_yuan=1_000), a_bill(rest_yuan=1_000))

    assert evaluation.plan_pays_fen == 100_00
    assert evaluation.usage_after.caps == {"one/cost": 300_00}


def test_something_counted_once_a_year_counts_once() -> None:
    liability = a_liability("pays: {ratio: 100%}\ncaps: [{id: scan, times: 1, lists: [pet]}]")
    lists = "lists: {pet: {name: {zh: 检查, en: scan}}}"
    scan = drug("P", 70, lists=["pet"])
    evaluation = evaluated(liability, a_bill(scan, scan, drug("A", 1)), a_bill(scan), rest=lists)

    assert evaluation.plan_pays_fen == 71_00
    assert evaluation.usage_after.caps == {"one/scan": 1}


def test_caps_nest_drug_liability_plan_and_say_which_one_bit() -> None:
    liability = a_liability(
        "pays: {ratio: 100%}\ncaps: [{id: drug, amount: 50, each: product}]\ncap: {amount: 40}"
    )
    evaluation = evaluated(liability, a_bill(drug("A", 100)), rest="cap: {amount: 30}")
    used = evaluated(liability, a_bill(drug("A", 100)), rest="cap: {amount: 30}", used=evaluation.usage_after)

    assert evaluation.plan_pays_fen == 30_00
    assert [(cut.cap_id, cut.cut_fen) for cut in evaluation.liabilities[0].cuts] == [
        ("drug", 50_00),
        ("one", 10_00),
        ("plan", 10_00),
    ]
    assert used.plan_pays_fen == 0


_LISTED = """
lists:
  special:
    name: {zh: 特药, en: special}
    entries:
      - {name: 甲药, code: X1, brand: Alpha, indications: [lung], sites: [H1],
         valid_from: 2025-01-01, valid_to: 2025-06-30}
"""


@pytest.mark.parametrize(
    ("facts", "listed"),
    [
        ({"code": "X1"}, True),
        ({"code": "X2"}, False),
        ({"code": None, "name": "甲药"}, True),
        ({"code": None, "name": "Alpha"}, True),
        ({"code": None}, False),
        ({"code": "X1", "indication": "lung"}, True),
        ({"code": "X1", "indication": "liver"}, False),
        ({"code": "X1", "site": "H2"}, False),
        ({"code": "X1", "service_date": date(2025, 1, 1)}, True),
        ({"code": "X1", "service_date": date(2024, 12, 31)}, False),
        ({"code": "X1", "service_date": date(2025, 6, 30)}, True),
        ({"code": "X1", "service_date": date(2025, 7, 1)}, False),
        ({"code": "X2", "lists": ["special"]}, True),
    ],
)
def test_a_product_is_listed_by_code_or_name_for_its_days_indications_and_places(
    facts: dict[str, object], listed: bool
) -> None:
    liability = a_liability().replace("buckets:", "lists: [special], buckets:")
    line = BillLine.model_validate({"category": "drug", "amount_fen": 100, **facts})

    assert evaluated(liability, a_bill(line), rest=_LISTED).plan_pays_fen == (100 if listed else 0)


def test_cost_goes_to_the_liability_of_highest_precedence() -> None:
    two = a_liability() + a_liability("precedence: 1\npays: {ratio: 100%}", liability_id="two")

    assert evaluated(two, a_bill(rest_yuan=1)).paid_by_liability == {"one": 0, "two": 1_00}


def test_usage_that_already_exceeds_a_cap_pays_nothing() -> None:
    used = Usage.model_validate({"liabilities": {"one": {"paid_fen": 99_00}}})

    assert (
        evaluated(
            a_liability("pays: {ratio: 100%}\ncap: {amount: 50}"), a_bill(rest_yuan=9), used=used
        ).plan_pays_fen
        == 0
    )
