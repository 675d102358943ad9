"""Masks show enough to recognise and never the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.privacy import mask_account, mask_id_number, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("欧阳小明", "欧**明"),
        ("王", "王*"),
        ("阿卜杜拉·买买提", "阿******提"),
        ("John  Smith", "J*** S***"),
        (" 王明 ", "王*"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_ends(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_keep_their_ends() -> None:
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_account("6222 0212 3456 7890 123") == "****0123"


@pytest.mark.parametrize("mask", [mask_id_number, mask_phone, mask_account])
@given(text=st.text(alphabet="0123456789X", min_size=1, max_size=9))
def test_what_is_too_short_to_mask_is_hidden_whole(mask: object, text: str) -> None:
    assert callable(mask)
    masked = mask(text)
    assert masked == "****" or (len(text) == 9 and masked == f"****{text[-4:]}")


@given(text=st.text(alphabet="0123456789", min_size=10, max_size=20))
def test_at_most_seven_digits_are_shown(text: str) -> None:
    for mask in (mask_id_number, mask_phone, mask_account):
        assert sum(character != "*" for character in mask(text)) <= 7
        assert text not in mask(text)


@given(name=st.text(min_size=1, max_size=12))
def test_no_name_of_two_or_more_characters_is_shown_whole(name: str) -> None:
    if len(name.strip()) > 1:
        assert "*" in mask_name(name)
        assert name.strip() not in mask_name(name) or "*" in name
