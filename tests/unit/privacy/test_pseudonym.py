"""One person, one pseudonym; and none that can be linked without the secret."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from libs.privacy import Pseudonymiser, normalise_id_number
from libs.privacy.pseudonym import check_character

SECRET = bytes(range(32))

secrets = st.binary(min_size=32, max_size=32)
bodies = st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{9}", fullmatch=True)


@given(body=bodies, secret=secrets)
def test_the_pseudonym_is_stable_and_has_the_form_of_a_person_id(body: str, secret: bytes) -> None:
    id_number = body + check_character(body)
    person_id = Pseudonymiser(secret).person_id(id_number)
    assert person_id == Pseudonymiser(secret).person_id(id_number)
    assert len(person_id) == 34 and person_id.startswith("p_")
    assert set(person_id[2:]) <= set("0123456789abcdef")


@given(body=bodies, one=secrets, other=secrets)
def test_pseudonyms_under_different_secrets_cannot_be_matched(body: str, one: bytes, other: bytes) -> None:
    assume(one != other)
    assert Pseudonymiser(one).person_id(body + "X") != Pseudonymiser(other).person_id(body + "X")


@given(one=bodies, other=bodies)
def test_different_people_have_different_pseudonyms(one: str, other: str) -> None:
    assume(one != other)
    pseudonymiser = Pseudonymiser(SECRET)
    assert pseudonymiser.person_id(one + "1") != pseudonymiser.person_id(other + "1")


@pytest.mark.parametrize(
    "spelling",
    [
        " 11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105491231002",
        "\t11010519491231002X\n",
    ],
)
def test_every_spelling_of_a_number_is_the_same_person(spelling: str) -> None:
    assert normalise_id_number(spelling) == "11010519491231002X"
    assert Pseudonymiser(SECRET).person_id(spelling) == Pseudonymiser(SECRET).person_id("11010519491231002X")


def test_the_check_character_is_that_of_the_standards_example() -> None:
    # GB 11643-1999 appendix A gives 11010519491231002X.
    assert check_character("11010519491231002") == "X"


def test_a_passport_number_is_left_as_it_is() -> None:
    assert normalise_id_number("e12345678 ") == "E12345678"


def test_an_empty_number_is_nobody() -> None:
    with pytest.raises(ValueError, match="empty"):
        Pseudonymiser(SECRET).person_id("  ")


@given(text=st.text(), one=st.text(min_size=1), other=st.text(min_size=1))
def test_digests_of_two_purposes_cannot_be_linked(text: str, one: str, other: str) -> None:
    assume(one != other)
    pseudonymiser = Pseudonymiser(SECRET)
    assert pseudonymiser.digest(one, text) == pseudonymiser.digest(one, text)
    assert pseudonymiser.digest(one, text) != pseudonymiser.digest(other, text)


def test_text_cannot_be_moved_between_purpose_and_content() -> None:
    pseudonymiser = Pseudonymiser(SECRET)
    assert pseudonymiser.digest("invoice", "s1") != pseudonymiser.digest("invoices", "1")


def test_a_digest_without_purpose_and_a_short_secret_are_refused() -> None:
    with pytest.raises(ValueError, match="purpose"):
        Pseudonymiser(SECRET).digest("", "x")
    with pytest.raises(ValueError, match="31 bytes"):
        Pseudonymiser(bytes(31))
