"""Who of the pool bears how much of a payment."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.benefits import Plan, PlanInvalid, PoolShare, load_plan, load_plans, plan_of, pool_shares
from tests.unit.benefits.plan_texts import a_liability, a_plan_text

_THIRDS = """
insurers:
  - {id: a, name: {zh: 甲, en: a}, share: 33.33%}
  - {id: b, name: {zh: 乙, en: b}, share: 33.33%}
  - {id: c, name: {zh: 丙, en: c}, share: 33.34%}
"""
_CHANGING = """
valid_from: 2022-01-01
valid_to: 2022-12-31
insurers:
  - {id: a, name: {zh: 甲, en: a}, share: 70%, lead: true, to: 2022-06-30}
  - {id: a, name: {zh: 甲, en: a}, share: 60%, lead: true, from: 2022-07-01}
  - {id: b, name: {zh: 乙, en: b}, share: 30%, to: 2022-06-30}
  - {id: c, name: {zh: 丙, en: c}, share: 40%, from: 2022-07-01}
"""
_DAY = date(2022, 5, 1)


def a_pool(insurers: str) -> Plan:
    return load_plan(a_plan_text(a_liability(), insurers))


def amounts(plan: Plan, day: date, amount_fen: int) -> dict[str, int]:
    return {share.insurer: share.amount_fen for share in pool_shares(plan, day, amount_fen)}


def test_a_fen_left_over_goes_to_the_largest_remainder_and_ties_to_the_first_of_the_file() -> None:
    # 100 fen: 33.33 + 33.33 + 33.34; one is left over and c has the largest remainder.
    assert amounts(a_pool(_THIRDS), _DAY, 100) == {"a": 33, "b": 33, "c": 34}
    # 50 fen: 16.665 + 16.665 + 16.67; two are left over: c first, then of the tied two the first in the file.
    assert amounts(a_pool(_THIRDS), _DAY, 50) == {"a": 17, "b": 16, "c": 17}


def test_shares_are_those_of_the_day_of_service() -> None:
    plan = a_pool(_CHANGING)
    assert pool_shares(plan, date(2022, 6, 30), 1_000) == (
        PoolShare("a", 7_000, 700),
        PoolShare("b", 3_000, 300),
    )
    assert amounts(plan, date(2022, 7, 1), 1_000) == {"a": 600, "c": 400}


def test_a_day_outside_the_edition_counts_as_its_nearest_day() -> None:
    plan = a_pool(_CHANGING)
    assert amounts(plan, date(2021, 12, 30), 10) == amounts(plan, date(2022, 1, 1), 10) == {"a": 7, "b": 3}
    assert amounts(plan, date(2023, 1, 2), 10) == amounts(plan, date(2022, 12, 31), 10) == {"a": 6, "c": 4}


def test_a_plan_without_insurers_has_no_shares() -> None:
    assert pool_shares(load_plan(a_plan_text(a_liability())), _DAY, 100) == ()


@given(
    st.sampled_from(list(load_plans().values())),
    st.dates(date(2019, 1, 1), date(2027, 12, 31)),
    st.integers(),
)
def test_parts_sum_to_the_amount_and_a_reversal_takes_back_exactly_what_each_bore(
    plan: Plan, day: date, amount_fen: int
) -> None:
    shares, reversed_shares = pool_shares(plan, day, amount_fen), pool_shares(plan, day, -amount_fen)
    if plan.insurers:
        assert sum(share.amount_fen for share in shares) == amount_fen
        assert sum(share.share_bp for share in shares) == 10_000
    assert [share.amount_fen for share in reversed_shares] == [-share.amount_fen for share in shares]


@given(st.integers(0, 10**12))
def test_no_part_is_a_fen_or_more_away_from_its_exact_share(amount_fen: int) -> None:
    for share in pool_shares(plan_of("weifang-2022"), _DAY, amount_fen):
        assert abs(share.amount_fen * 10_000 - amount_fen * share.share_bp) < 10_000


@pytest.mark.parametrize(
    ("insurers", "field", "found"),
    [
        (_CHANGING.replace("40%", "39%"), "insurers.1", "shares of 99% from 2022-07-01"),
        (
            _CHANGING.replace("to: 2022-06-30}\n  - {id: a", "to: 2022-06-29}\n  - {id: a"),
            "insurers.2",
            "30% from 2022-06-30",
        ),
        (
            _CHANGING.replace("share: 60%, lead: true, from: 2022-07-01", "share: 60%, from: 2022-06-30"),
            "insurers.0",
            "'a' twice",
        ),
        (
            _THIRDS.replace("id: b, name", "id: b, to: 2022-12-31, name"),
            "insurers.0",
            "66.67% from 2023-01-01",
        ),
        (
            _THIRDS.replace("id: b, name", "id: b, from: 2022-12-31, name"),
            "insurers.0",
            "66.67% from the start",
        ),
    ],
)
def test_a_pool_that_does_not_bear_everything_on_every_day_is_refused(
    insurers: str, field: str, found: str
) -> None:
    with pytest.raises(PlanInvalid) as refusal:
        a_pool(insurers)
    problem = next(each for each in refusal.value.problems if found in each.found)
    assert problem.field == field
    assert problem.line > 1
    assert problem.right
