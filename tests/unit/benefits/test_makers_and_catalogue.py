"""The national innovative-drug catalogue as a list, and what makers and insurers owe each other."""

from datetime import date

import pytest

from libs.benefits import Bill, BillLine, Case, Evaluation, PlanInvalid, evaluate, load_plan, plan_of
from libs.benefits.catalogue import load_catalogue
from tests.unit.benefits.plan_texts import a_liability, a_plan_text, evaluated

_PLAN = plan_of("demo-innovative-2026")


def bought(name: str, yuan: int, quantity: int = 1, *tags: str, site: str | None = None) -> Evaluation:
    line = BillLine(
        category="drug",
        name=name,
        quantity=quantity,
        amount_fen=yuan * 100,
        self_funded_fen=yuan * 100,
        site=site,
    )
    bill = Bill(
        visit="special_drug",
        service_date=date(2026, 5, 1),
        total_fen=yuan * 100,
        self_funded_fen=yuan * 100,
        lines=(line,),
        tags=tags,
    )
    return evaluate(_PLAN, Case(bills=(bill,)))


def test_the_first_edition_has_its_nineteen_drugs_for_two_years() -> None:
    catalogue = load_catalogue("commercial-innovative-2026")

    assert len(catalogue.entries) == 19
    assert {entry.valid_to for entry in catalogue.entries} == {date(2027, 12, 31)}


def test_every_drug_of_the_catalogue_is_on_the_plans_list() -> None:
    assert bought("奕凯达", 20_000).plan_pays_fen == 8_000_00
    assert bought("注射用芦比替定", 20_000).plan_pays_fen == 8_000_00
    assert bought("别的药", 20_000).plan_pays_fen == 0


@pytest.mark.parametrize(
    ("name", "tags", "owed_fen"),
    [
        ("仑卡奈单抗注射液", (), 16_000_00),
        ("多奈单抗注射液", (), 80_000_00 - 20 * 3_000_00),
        ("阿基仑赛注射液", (), None),
        ("阿基仑赛注射液", ("outcome_reached",), -20 * 100_000_00),
    ],
)
def test_a_makers_terms_change_nothing_for_the_patient(
    name: str, tags: tuple[str, ...], owed_fen: int | None
) -> None:
    evaluation = bought(name, 110_000, 20, *tags)

    assert evaluation.plan_pays_fen == 80_000_00
    assert evaluation.patient_bears_fen == 30_000_00
    assert [flow.amount_fen for flow in evaluation.maker_flows] == ([] if owed_fen is None else [owed_fen])


def test_a_product_bound_to_hospitals_counts_only_there() -> None:
    name = "阿基仑赛注射液"

    assert bought(name, 20_000, site="H31010000001").plan_pays_fen == 8_000_00
    assert bought(name, 20_000, site="H31010000009").plan_pays_fen == 0


def test_an_unknown_catalogue_is_refused() -> None:
    lists = "lists: {x: {name: {zh: 甲, en: x}, catalogue: nothing}}"

    with pytest.raises(PlanInvalid, match=r"lists\.x\.catalogue.*commercial-innovative-2026"):
        load_plan(a_plan_text(a_liability(), lists))


def test_each_form_of_makers_terms_is_owed_by_list_product_and_form() -> None:
    entries = (
        "lists:\n  l:\n    name: {zh: 表, en: list}\n    entries:\n"
        "      - {name: unit, makers_terms: {form: rebate, per_unit: 2}}\n"
        "      - {name: agreed, makers_terms: {form: copay, per_unit: 3}}\n"
        "      - {name: result, makers_terms: {form: outcome, per_unit: 4}}\n"
    )
    lines = tuple(
        BillLine(name=name, amount_fen=fen, quantity=quantity)
        for name, fen, quantity in (
            ("unit", 1_000, 3),
            ("unit", 100, 5),
            ("agreed", 1_000, 2),
            ("agreed", 10, 2),
        )
    )
    bill = Bill(
        total_fen=2_210,
        first_pay_fen=100,
        lines=(*lines, BillLine(name="result", amount_fen=100, first_pay_fen=100, quantity=2)),
        tags=("outcome_reached",),
    )
    found = evaluated(a_liability(takes="{in_scope: 100%, first_pay: 50%}"), bill, rest=entries)

    # Never more than was paid for the product: 600 of 1,000 and 100 of 100; what was paid above 600; nothing below.
    assert [(flow.list_id, flow.product, flow.form, flow.amount_fen) for flow in found.maker_flows] == [
        ("l", "unit", "rebate", 600),
        ("l", "unit", "rebate", 100),
        ("l", "agreed", "copay", 400),
        ("l", "result", "outcome", -800),
    ]
