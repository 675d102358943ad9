"""Edges at which a small slip of the engine moves money; each was found by a mutant that no other test noticed."""

from datetime import date
from fractions import Fraction

import pytest

from libs.benefits import Bill, BillLine, Case, Member, Plan, PlanInvalid, evaluate, load_plan, pool_shares
from libs.benefits.cover import cover_start
from libs.money import apply_rate, format_yuan, round_to
from tests.unit.benefits.plan_texts import a_liability, a_plan_text, evaluated, in_scope

_YEAR = "valid_from: 2022-01-01\nvalid_to: 2022-12-31\n"
_TWO_LAYERS = """
hypothetical:
  when: {scheme: none}
  layers:
    - id: basic
      name: {zh: 基本, en: basic}
      takes: [{buckets: {in_scope: 100%}}]
      deductible: {amount: 1000, per: stay}
      pays: {ratio: 60%, rules: [{when: {place: out_of_town}, set: 50%}]}
    - id: serious
      name: {zh: 大病, en: serious}
      takes: [{buckets: {in_scope: 100%}}]
      deductible: {floats_with: critical_illness_threshold}
      pays: {ratio: 50%}
critical_illness_thresholds: {by_scheme: {none: 1万}}
"""


def a_stay(yuan: int, first: date, last: date, *lines: BillLine) -> Bill:
    return Bill(
        total_fen=yuan * 100, service_date=first, admission_date=first, discharge_date=last, lines=lines
    )


@pytest.mark.parametrize(
    ("place", "scheme", "threshold_yuan", "left_yuan"),
    [
        # 100 000: basic (100 000 - 1 000) * 60 % = 59 400; serious (40 600 - 10 000) * 50 % = 15 300.
        ("local", "none", None, 25_300),
        # Out of town 49 500; (50 500 - 10 000) * 50 % = 20 250.
        ("out_of_town", "none", None, 30_250),
        # The person's own threshold: (40 600 - 20 600) * 50 % = 10 000.
        ("local", "none", 20_600, 30_600),
        ("local", "resident", None, 100_000),
    ],
)
def test_each_layer_that_would_have_paid_takes_from_what_the_one_before_left(
    place: str, scheme: str, threshold_yuan: int | None, left_yuan: int
) -> None:
    threshold_fen = None if threshold_yuan is None else threshold_yuan * 100
    member = Member(scheme=scheme, critical_illness_threshold_fen=threshold_fen)
    result = evaluated(a_liability(), in_scope(100_000, place=place), rest=_TWO_LAYERS, member=member)

    assert result.plan_pays_fen == left_yuan * 100
    would_have = [
        (part.bill_id, part.portion.bucket, part.portion.amount_fen, part.reason, part.amount_fen)
        for part in result.excluded
    ]
    kept_fen = (100_000 - left_yuan) * 100
    assert would_have == (
        [("bill", "in_scope", kept_fen, "hypothetical_settlement", kept_fen)] if kept_fen else []
    )


def test_layers_of_the_uninsured_have_nothing_to_say_to_a_bill_without_in_scope_cost() -> None:
    bill = Bill(total_fen=500, self_funded_fen=500)
    takes = "{in_scope: 100%, self_funded: 100%}"
    result = evaluated(a_liability(takes=takes), bill, rest=_TWO_LAYERS, member=Member(scheme="none"))

    assert (result.plan_pays_fen, result.excluded) == (500, ())


def test_a_limit_on_how_often_counts_each_product_over_the_year_and_what_no_line_states_apart() -> None:
    terms = "caps: [{id: twice, times: 2, each: product}]\npays: {ratio: 100%}"
    scans = [Bill(id=str(n), total_fen=300, lines=(_of("A", 100), _of("B", 200))) for n in range(3)]
    assert evaluated(a_liability(terms), *scans).plan_pays_fen == 600

    whole = "caps: [{id: once, times: 1, per: stay}]\npays: {ratio: 100%}"
    # Two lines and 50 that no line states: the first line counts, the second is not mistaken for it.
    unstated = Bill(total_fen=350, lines=(_of("A", 100), _of("B", 200)))
    result = evaluated(a_liability(whole), unstated)
    assert result.plan_pays_fen == 100
    rest_first = Bill(total_fen=250, lines=(_of("A", 0), _of("B", 200)))
    assert evaluated(a_liability(whole), rest_first).plan_pays_fen == 200


def _of(code: str, fen: int) -> BillLine:
    return BillLine(category="exam", code=code, amount_fen=fen)


def test_a_daily_sum_needs_both_days_and_points_may_be_none_of_a_ratio() -> None:
    cash = "cash_benefits: [{id: day, name: {zh: 日, en: day}, when: {visit: inpatient}, per_day: 100, at_most: 900}]\n"
    open_stay = Bill(total_fen=100, admission_date=date(2022, 1, 1))
    assert evaluated(a_liability(), open_stay, rest=cash).cash_benefits_fen == 0
    three_days = a_stay(1, date(2022, 1, 1), date(2022, 1, 4))
    assert evaluated(a_liability(), three_days, rest=cash).cash_benefits_fen == 300_00


def test_what_lies_after_the_last_paid_day_is_out_with_its_bill_and_cost_named() -> None:
    rest = _YEAR + "crossing_stay: {paid_until: year_end}\n"
    lines = (
        BillLine(amount_fen=100, service_date=date(2022, 12, 31)),
        BillLine(amount_fen=200, service_date=date(2023, 1, 1)),
    )
    result = evaluated(a_liability(), a_stay(7, date(2022, 12, 29), date(2023, 1, 1), *lines), rest=rest)

    # 400 fen without a day: one of four days is late. The line of the last day counts.
    assert result.plan_pays_fen == 100 + 300
    late = [(part.bill_id, part.portion.line_index, part.amount_fen, part.reason) for part in result.excluded]
    assert sorted(late, key=str) == [
        ("bill", 1, 200, "after_cover_ended"),
        ("bill", None, 100, "after_cover_ended"),
    ]
    outside = evaluated(a_liability(), in_scope(1, service_date="2023-01-01"), rest=rest)
    assert [(part.bill_id, part.portion.bucket, part.reason) for part in outside.excluded] == [
        ("bill", "in_scope", "outside_cover_period")
    ]


def test_a_charge_booked_after_a_stay_that_ended_in_time_belongs_to_the_stay() -> None:
    late = BillLine(amount_fen=200, service_date=date(2023, 1, 1))
    stay = a_stay(7, date(2022, 12, 29), date(2022, 12, 31), late)
    rest = _YEAR + "crossing_stay: {paid_until: year_end}\n"
    assert evaluated(a_liability(), stay, rest=rest).plan_pays_fen == 700


def test_an_undated_edition_pays_to_the_last_day_of_the_benefit_year() -> None:
    rest = "benefit_year_starts: '07-01'\ncrossing_stay: {paid_until: year_end}\n"
    # Of four days two lie in the year that ends on 30 June.
    result = evaluated(a_liability(), a_stay(4, date(2022, 6, 29), date(2022, 7, 2)), rest=rest)
    assert result.plan_pays_fen == 200


def a_plan(rest: str) -> Plan:
    return load_plan(a_plan_text(a_liability(), rest))


@pytest.mark.parametrize(
    ("paid_on", "starts"),
    [
        # The year starts on 1 November and the grace ends on 31 January of the next calendar year.
        (date(2022, 11, 1), date(2022, 11, 1)),
        (date(2022, 12, 31), date(2022, 11, 1)),
        (date(2023, 1, 31), date(2022, 11, 1)),
        (date(2023, 2, 1), date(2023, 2, 1)),
    ],
)
def test_a_grace_may_end_in_the_next_calendar_year(paid_on: date, starts: date) -> None:
    plan = a_plan("benefit_year_starts: '11-01'\nrenewal_grace: {until: '01-31'}\n")
    assert cover_start(plan, paid_on, renewing=True) == starts


def test_a_grace_may_end_on_the_very_first_day_and_an_undated_edition_starts_with_the_payment() -> None:
    plan = a_plan("benefit_year_starts: '03-01'\nrenewal_grace: {until: '03-01'}\n")
    assert cover_start(plan, date(2022, 3, 1), renewing=True) == date(2022, 3, 1)
    assert cover_start(plan, date(2022, 3, 2), renewing=True) == date(2022, 3, 2)
    assert cover_start(plan, date(2022, 5, 1), renewing=False) == date(2022, 5, 1)
    assert cover_start(a_plan(_YEAR), date(2021, 12, 1), renewing=False) == date(2022, 1, 1)


def test_shares_of_the_editions_first_and_last_day_bear_what_lies_outside() -> None:
    insurers = (
        "insurers:\n"
        "  - {id: a, name: {zh: 甲, en: a}, share: 100%, from: 2022-01-01, to: 2022-06-30}\n"
        "  - {id: b, name: {zh: 乙, en: b}, share: 100%, from: 2022-07-01, to: 2022-12-31}\n"
    )
    plan = a_plan(_YEAR + insurers)
    assert [share.insurer for share in pool_shares(plan, date(2021, 12, 30), 5)] == ["a"]
    assert [share.insurer for share in pool_shares(plan, date(2023, 1, 2), 5)] == ["b"]


def test_a_makers_rebate_of_a_share_has_no_amount_per_unit_and_rates_round_as_asked() -> None:
    lists = (
        "lists:\n  l:\n    name: {zh: 表, en: list}\n"
        "    entries: [{name: x, makers_terms: {form: rebate, share: 10%}}]\n"
    )
    bill = Bill(total_fen=1_000, lines=(BillLine(name="x", amount_fen=1_000, quantity=3),))
    result = evaluate(a_plan(lists), Case(bills=(bill,)))
    assert [flow.amount_fen for flow in result.maker_flows] == [100]
    assert [apply_rate(1, 5_000, mode) for mode in ("down", "up", "half_up", "half_even")] == [0, 1, 1, 0]
    assert [format_yuan(fen) for fen in (-1, 0, 1, -12_345)] == ["-0.01", "0.00", "0.01", "-123.45"]


def test_exact_amounts_round_halves_away_from_zero_unless_told_otherwise() -> None:
    assert [round_to(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]
    assert [round_to(Fraction(-3, 2), 1, mode) for mode in ("down", "up", "half_even")] == [-1, -2, -2]
    assert round_to(-250, 100) == -300


def test_a_residue_can_be_limited_in_how_often_it_counts() -> None:
    liabilities = a_liability("pays: {ratio: 40%}") + (
        "  - id: two\n    name: {zh: 二, en: two}\n    residue_of: {liabilities: [one]}\n"
        "    caps: [{id: once, times: 1}]\n    pays: {ratio: 50%}\n"
    )
    result = evaluated(liabilities, in_scope(100), in_scope(200, id="second"))
    # 60 left of the first bill counts, 120 of the second does not.
    assert result.paid_by_liability == {"one": 120_00, "two": 30_00}


def test_terms_of_nothing_change_nothing() -> None:
    no_points = "pays: {ratio: 50%, rules: [{when: {visit: inpatient}, points: 0%}]}"
    assert evaluated(a_liability(no_points), in_scope(1_000_000)).plan_pays_fen == 500_000_00
    no_day = (
        "cash_benefits: [{id: d, name: {zh: 日, en: d}, when: {visit: inpatient}, per_day: 0, at_most: 9}]\n"
    )
    stay = a_stay(1, date(2022, 1, 1), date(2022, 1, 4))
    assert evaluated(a_liability(), stay, rest=no_day).cash_benefits == ()
    lists = (
        "lists:\n  l:\n    name: {zh: 表, en: list}\n"
        "    entries: [{name: x, makers_terms: {form: copay, per_unit: 0}}]\n"
    )
    bill = Bill(total_fen=1_000, lines=(BillLine(name="x", amount_fen=1_000, quantity=3),))
    assert [f.amount_fen for f in evaluate(a_plan(lists), Case(bills=(bill,))).maker_flows] == [1_000]


def test_a_day_that_no_insurer_bears_is_named_at_the_first_insurer() -> None:
    gap = (
        "insurers:\n"
        "  - {id: a, name: {zh: 甲, en: a}, share: 100%, to: 2022-06-30}\n"
        "  - {id: b, name: {zh: 乙, en: b}, share: 100%, from: 2022-07-02, to: 9999-12-31}\n"
    )
    with pytest.raises(PlanInvalid) as refusal:
        a_plan(gap)
    assert [(each.field, each.found, each.right) for each in refusal.value.problems] == [
        ("insurers.0", "shares of 0% from 2022-07-01", "shares that sum to 100% on every day")
    ]
    twice = "insurers:\n" + "  - {id: a, name: {zh: 甲, en: a}, share: 50%}\n" * 2
    with pytest.raises(PlanInvalid, match="an insurer once on each day"):
        a_plan(twice)
