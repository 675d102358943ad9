from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.interop.identity_number import (
    IdentityNumberInvalid,
    age_on,
    check_character,
    parse_identity_number,
)
from libs.testing.submissions import an_identity_number


def test_the_example_of_the_standard_is_valid_and_tells_region_birth_and_sex() -> None:
    number = parse_identity_number("11010519491231002X")
    assert (number.region, number.birth_date, number.sex) == ("110105", date(1949, 12, 31), "female")


def test_a_lower_case_check_character_is_normalised() -> None:
    assert parse_identity_number("11010519491231002x").text == "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("110105194912310021", "check character"),
        ("1101051949123100", "17 digits"),
        ("990105194912310025", "province"),
        ("11010519491331002X", "not a date"),
        ("１１０１０５１９４９１２３１００２X", "17 digits"),
        ("", "17 digits"),
    ],
)
def test_a_wrong_number_is_refused_without_being_repeated(text: str, says: str) -> None:
    with pytest.raises(IdentityNumberInvalid, match=says) as refused:
        parse_identity_number(text)
    assert not text or text not in str(refused.value)


@given(st.integers(0, 16), st.integers(1, 9))
def test_every_single_mistyped_digit_is_noticed(position: int, shift: int) -> None:
    number = an_identity_number()
    digit = (int(number[position]) + shift) % 10
    with pytest.raises(IdentityNumberInvalid):
        parse_identity_number(f"{number[:position]}{digit}{number[position + 1 :]}")


@given(st.text("0123456789", min_size=17, max_size=17))
def test_a_check_character_is_always_one_of_eleven(first_seventeen: str) -> None:
    assert check_character(first_seventeen) in "0123456789X"


def test_age_counts_completed_years_and_is_negative_before_birth() -> None:
    assert age_on(date(2000, 2, 29), date(2022, 2, 28)) == 21
    assert age_on(date(2000, 2, 29), date(2022, 3, 1)) == 22
    assert age_on(date(2022, 1, 2), date(2022, 1, 1)) == -1
