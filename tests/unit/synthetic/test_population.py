from collections import Counter

import pytest

from libs.interop.identity_number import parse_identity_number
from libs.synthetic import Population
from libs.synthetic.cities import CITIES
from libs.synthetic.errors import UnknownPlan

PLANS = tuple(CITIES)


def test_person_i_of_a_seed_is_always_the_same_person() -> None:
    assert Population(7, PLANS, 100)[42] == Population(7, PLANS, 5_000)[42]
    assert Population(7, PLANS, 100)[42] != Population(8, PLANS, 100)[42]


def test_identity_numbers_are_valid_and_nobody_shares_one() -> None:
    people = Population(7, PLANS, 6_000)
    numbers = {parse_identity_number(one.person.id_number).text for one in people}
    assert len(numbers) == 6_000


def test_people_are_spread_over_the_plans_and_live_in_their_city() -> None:
    people = Population(7, PLANS, 600)
    assert set(Counter(one.coverage.plan_id for one in people).values()) == {100}
    assert all(one.person.id_number[:4] == one.insured_region[:4] for one in people)


def test_nobody_of_school_age_has_employee_insurance_and_both_schemes_occur() -> None:
    people = Population(7, PLANS, 2_000)
    assert all(one.coverage.scheme == "resident" for one in people if one.person.birth_date.year > 2003)
    employees = sum(one.coverage.scheme == "employee" for one in people)
    assert 0.2 < employees / len(people) < 0.4


def test_card_numbers_end_in_their_luhn_digit() -> None:
    for one in Population(7, PLANS, 50):
        digits = [int(digit) for digit in reversed(one.coverage.account)]
        doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
        assert len(digits) == 19
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_a_plan_without_city_and_an_impossible_size_are_refused() -> None:
    with pytest.raises(UnknownPlan, match="nowhere-2022"):
        Population(7, ["nowhere-2022"], 10)
    with pytest.raises(UnknownPlan):
        Population(7, [], 10)
    with pytest.raises(ValueError, match="1 to"):
        Population(7, PLANS, 0)


def test_a_slice_and_negative_indices_work_as_in_any_sequence() -> None:
    people = Population(7, PLANS, 10)
    assert list(people)[-3:] == people[-3:] == [people[7], people[8], people[-1]]
    with pytest.raises(IndexError):
        people[10]
