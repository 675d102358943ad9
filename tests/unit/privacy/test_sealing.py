"""A seal opens for its key and its context, and for nothing else."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from libs.contracts import Sealed
from libs.privacy import DataKey, SealBroken, key_id_of, seal, seal_json, unseal, unseal_json

CONTEXT = "ClaimRegistered.identity"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

json_objects = st.dictionaries(
    st.text(max_size=10),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


def a_key(secret: bytes = bytes(range(32)), key_id: str = "0f" * 16) -> DataKey:
    return DataKey(key_id, secret)


def counting_nonces() -> Callable[[int], bytes]:
    counter = iter(range(2**32))
    return lambda size: next(counter).to_bytes(size, "big")


@given(plaintext=st.binary(max_size=500), secret=st.binary(min_size=32, max_size=32), context=st.text())
def test_what_was_sealed_opens_again(plaintext: bytes, secret: bytes, context: str) -> None:
    key = a_key(secret)
    assert unseal(key, seal(key, plaintext, context), context) == plaintext


@given(document=json_objects)
def test_a_json_object_survives_the_seal(document: dict[str, object]) -> None:
    assert unseal_json(a_key(), seal_json(a_key(), document, CONTEXT), CONTEXT) == document


@given(
    plaintext=st.binary(max_size=60),
    place=st.integers(min_value=0),
    other=st.sampled_from(ALPHABET + ".=+/ \n"),
)
def test_any_changed_character_breaks_the_seal(plaintext: bytes, place: int, other: str) -> None:
    sealed = seal(a_key(), plaintext, CONTEXT)
    at = place % len(sealed)
    changed = sealed[:at] + other + sealed[at + 1 :]
    if changed == sealed:
        assert unseal(a_key(), changed, CONTEXT) == plaintext
    else:
        with pytest.raises(SealBroken):
            unseal(a_key(), changed, CONTEXT)


def test_every_spelling_but_the_canonical_one_is_refused() -> None:
    for length in range(4):
        sealed = seal(a_key(), b"x" * length, CONTEXT)
        opened = [last for last in ALPHABET if _opens(sealed[:-1] + last)]
        assert opened == [sealed[-1]]


@given(cut=st.integers(min_value=1, max_value=60))
def test_a_truncated_seal_is_broken(cut: int) -> None:
    sealed = seal(a_key(), b"0123456789", CONTEXT)
    with pytest.raises(SealBroken):
        unseal(a_key(), sealed[:-cut], CONTEXT)


@pytest.mark.parametrize(
    "text", ["", "s1..", "s2." + "0f" * 16 + ".AAAA", "王小明", "s1." + "0F" * 16 + ".AAAA"]
)
def test_what_is_not_a_seal_is_said_to_be_broken(text: str) -> None:
    with pytest.raises(SealBroken) as caught:
        key_id_of(text)
    assert caught.value.code == "seal_broken"


@given(context=st.text().filter(lambda text: text != CONTEXT))
def test_a_seal_does_not_open_in_another_place(context: str) -> None:
    sealed = seal(a_key(), b"secret", CONTEXT)
    with pytest.raises(SealBroken):
        unseal(a_key(), sealed, context)


def test_a_seal_does_not_open_under_another_key() -> None:
    sealed = seal(a_key(), b"secret", CONTEXT)
    with pytest.raises(SealBroken, match="another key"):
        unseal(a_key(key_id="00" * 16), sealed, CONTEXT)
    with pytest.raises(SealBroken, match="changed"):
        unseal(a_key(secret=bytes(32)), sealed, CONTEXT)


@given(plaintext=st.binary(max_size=200))
def test_a_seal_has_the_form_that_the_contracts_demand(plaintext: bytes) -> None:
    sealed = seal(a_key(), plaintext, CONTEXT)
    assert TypeAdapter(Sealed).validate_python(sealed) == sealed


def test_sealing_twice_looks_different_and_a_given_nonce_source_makes_it_repeatable() -> None:
    assert seal(a_key(), b"same", CONTEXT) != seal(a_key(), b"same", CONTEXT)
    first, again = (seal(a_key(), b"same", CONTEXT, counting_nonces()) for _ in range(2))
    assert first == again


def test_a_seal_whose_content_is_no_object_is_broken_and_its_error_does_not_quote_it() -> None:
    for plaintext in (b'["13812345678"]', b"13812345678 is not JSON"):
        with pytest.raises(SealBroken) as caught:
            unseal_json(a_key(), seal(a_key(), plaintext, CONTEXT), CONTEXT)
        assert "13812345678" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_key_does_not_print_its_secret() -> None:
    secret = os.urandom(32)
    assert secret.hex() not in repr(a_key(secret)) and repr(secret) not in repr(a_key(secret))


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DataKey("0f" * 16, bytes(16))


def _opens(sealed: str) -> bool:
    try:
        unseal(a_key(), sealed, CONTEXT)
    except SealBroken:
        return False
    return True
