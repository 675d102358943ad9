"""By column and by the engine, every plan pays the same fen for every bill, balances of the year included."""

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.benefits import Case, Plan, Usage, evaluate, load_plan, load_plans
from libs.benefits_columnar import (
    AmountsTooLarge,
    TermsNotSupported,
    columns_of,
    evaluate_columns,
    unsupported_terms,
)
from libs.benefits_columnar.supported import LARGEST_BILL_FEN
from tests.unit.benefits_columnar.random_accounts import Account, accounts

PLANS = load_plans()
SUPPORTED = [plan for plan in PLANS.values() if not unsupported_terms(plan)]

#: Terms that no bundled plan has, or only one that is not supported for another term.
RARE_TERMS = """
format: huiji-plan/1
id: rare-terms
name: {zh: 测试, en: test}
city: {zh: 测试, en: test}
source: OURS
sources: {OURS: {title: 测试, grade: assumption}}
valid_from: 2026-03-01
valid_to: 2027-02-28
benefit_year_starts: "03-01"
premiums: [{tier: base, name: {zh: 基, en: base}, amount: 99}, {tier: top, name: {zh: 高, en: top}, amount: 199}]
waiting: {days: 30}
crossing_stay: {paid_until: discharge, at_most_days: 30}
rounding: {unit: 0.1, mode: half_even}
payers: {before: [basic], beside: [commercial], after: [assistance, odd_payer]}
critical_illness_thresholds: {by_scheme: {resident: 1.2万, employee: 1.5万}}
lists:
  listed: {name: {zh: 药, en: drugs}, entries: [{name: drug, code: A, valid_to: 2026-09-30}]}
deductibles:
  - {id: pot, floats_with: critical_illness_threshold, rules: [{when: {tier: top}, add: -2000}]}
exclusions:
  - {id: meals, categories: [meal], words: {zh: 膳食, en: meals}}
liabilities:
  - id: inside
    name: {zh: 内, en: inside}
    takes:
      - {visits: [inpatient, chronic], buckets: {in_scope: 100%, first_pay: 33.33%}, not_lists: [listed]}
    exclusions: [{id: unsettled, when: {settled: false}}]
    scales: [{when: {place: out_of_town}, keep: 66.67%}]
    shares_deductible: pot
    pays:
      measured_on: gross
      bands: [{up_to: 1万, ratio: 33.33%}, {up_to: 5万, ratio: 65.01%}, {ratio: 80%}]
      rules:
        - {when: {pre_existing: true}, times: 40%}
        - {when: {any: [{group: poverty}, {age: {min: 61}}], not: {scheme: none}}, points: 5%}
    caps:
      - {id: line, amount: 300, each: line, per: stay, categories: [exam, lab]}
      - {id: bed, amount: 2000, categories: [bed]}
    cap: {amount: 8万, rules: [{when: {continuous_years: {min: 2}}, add: 1万}]}
  - id: outside
    name: {zh: 外, en: outside}
    precedence: 1
    takes: [{buckets: {self_funded: 100%, over_limit: 50%}, categories: [drug, material, herb], lists: [listed]}]
    shares_deductible: pot
    pays: {ratio: 60%}
    caps: [{id: product, amount: 5000, each: product}, {id: listed, amount: 4000, per: stay, lists: [listed]}]
  - id: rest
    name: {zh: 余, en: rest}
    takes: [{buckets: {self_funded: 100%, over_limit: 100%}, when: {hospital_grade: {min: 2}}}]
    deductible: {amount: 500, per: stay}
    pays: {measured_on: excess, bands: [{up_to: 2万, ratio: 50%}, {ratio: 70%}]}
  - id: second
    name: {zh: 二次, en: second}
    residue_of: {liabilities: [inside, rest], parts: [coinsurance, above_cap]}
    pays: {ratio: 12.5%}
  - id: third
    name: {zh: 三次, en: third}
    residue_of: {liabilities: [inside, second]}
    deductible: {amount: 1000}
    pays: {ratio: 10%}
shared_caps: [{id: both, amount: 9万, liabilities: [outside, rest]}]
cap: {amount: 20万}
cash_benefits:
  - {id: day, name: {zh: 津贴, en: daily}, when: {tag: accident}, per_day: 50, first_at_least: 200, at_most: 3000}
  - {id: sum, name: {zh: 一次, en: sum}, when: {tag: rare_disease}, amount: 1000, at_most: 1500}
"""


def by_engine(plan: Plan, account: Account) -> list[tuple[int, ...]]:
    """Per bill: paid, left with the patient, cash, and per liability paid, cost counted and deductible."""
    member, bills = account
    used, rows = Usage(), []
    for bill in bills:
        found = evaluate(plan, Case(member=member, bills=(bill,), used=used))
        moved = [
            getattr(found.usage_after.liabilities.get(each.id), field, 0)
            - getattr(used.liabilities.get(each.id), field, 0)
            for field in ("paid_fen", "base_fen", "deductible_fen")
            for each in plan.liabilities
        ]
        cash = sum(paid.amount_fen for paid in found.cash_benefits)
        rows.append((found.plan_pays_fen, found.patient_bears_fen, cash, *moved))
        used = found.usage_after
    return rows


def by_column(plan: Plan, given: list[Account]) -> list[tuple[int, ...]]:
    found = evaluate_columns(plan, *columns_of(given))
    columns = [found.plan_pays, found.patient_bears, found.cash, *found.paid, *found.base, *found.deductible]
    assert all(column.dtype == np.int64 for column in columns)
    return [tuple(int(cell) for cell in row) for row in zip(*columns, strict=True)]


def compare(plan: Plan, given: list[Account]) -> None:
    expected = [row for account in given for row in by_engine(plan, account)]
    assert by_column(plan, given) == expected


@pytest.mark.parametrize("plan", SUPPORTED, ids=lambda plan: plan.id)
def test_every_supported_plan_pays_what_the_engine_pays(plan: Plan) -> None:
    compare(plan, accounts(Random(f"columns/{plan.id}"), plan, 60))


def test_terms_that_are_rare_pay_what_the_engine_pays() -> None:
    plan = load_plan(RARE_TERMS)
    given = accounts(Random("rare"), plan, 1_500)
    compare(plan, given)
    found = evaluate_columns(plan, *columns_of(given))
    assert (found.paid.sum(axis=1) > 0).all() and found.cash.sum() > 0, "a liability was never tried"


@given(st.sampled_from([*SUPPORTED, load_plan(RARE_TERMS)]), st.integers(), st.integers(1, 6))
def test_any_year_of_any_plan_pays_what_the_engine_pays(plan: Plan, seed: int, people: int) -> None:
    compare(plan, accounts(Random(seed), plan, people))


@pytest.mark.parametrize("plan", SUPPORTED, ids=lambda plan: plan.id)
def test_published_examples_come_out_by_column(plan: Plan) -> None:
    given = [(example.case.member, example.case.bills) for example in plan.examples]
    if given:
        compare(plan, given)


def test_no_bills_are_no_money() -> None:
    assert by_column(PLANS["weifang-2022"], []) == []


def test_what_the_engine_alone_evaluates_is_said_in_words() -> None:
    refused = {plan_id: unsupported_terms(plan) for plan_id, plan in PLANS.items() if unsupported_terms(plan)}
    assert sorted(refused) == ["huhuibao-2025", "suisuikang-2022"]
    for plan_id, terms in refused.items():
        with pytest.raises(TermsNotSupported) as refusal:
            evaluate_columns(PLANS[plan_id], *columns_of([]))
        assert all(term in str(refusal.value) for term in terms)


def test_a_bill_that_could_leave_64_bits_is_refused() -> None:
    plan = PLANS["weifang-2022"]
    bills, lines = columns_of(accounts(Random(1), plan, 1))
    bills = bills.with_columns(pl.lit(LARGEST_BILL_FEN + 1).alias("total_fen"))
    with pytest.raises(AmountsTooLarge):
        evaluate_columns(plan, bills, lines)
