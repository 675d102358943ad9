"""Encrypted records: what opens, and what is refused with which reason."""

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from libs.interop import SubmissionInvalid
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES, decrypt_from_ingress, encrypt_for_ingress

KEYS = {"H1": bytes(range(32)), "H2": bytes(range(1, 33))}


def key_of(hospital_id: str) -> bytes:
    return KEYS[hospital_id]


def refusal_of(value: bytes) -> tuple[str, str | None]:
    with pytest.raises(SubmissionInvalid) as caught:
        decrypt_from_ingress(value, key_of)
    return caught.value.reasons[0].code, caught.value.refusal.hospital_id


def test_what_a_hospital_encrypts_opens_under_its_key_and_names_it() -> None:
    value = encrypt_for_ingress("结算".encode(), "H1", KEYS["H1"])
    assert decrypt_from_ingress(value, key_of) == ("H1", "结算".encode())


def test_the_largest_submission_opens() -> None:
    largest = b"x" * MAX_SUBMISSION_BYTES
    value = encrypt_for_ingress(largest, "H1", KEYS["H1"])
    assert len(value) < 1024 * 1024
    assert decrypt_from_ingress(value, key_of)[1] == largest


def test_a_larger_one_is_refused() -> None:
    key = OctKey.import_key(KEYS["H1"])
    registry = jwe.JWERegistry(algorithms=["dir", "A256GCM"])
    registry.max_ciphertext_length = 2 * 1024 * 1024
    header = {"alg": "dir", "enc": "A256GCM", "kid": "H1"}
    value = jwe.encrypt_compact(header, b"x" * (MAX_SUBMISSION_BYTES + 1_000), key, registry=registry)
    assert refusal_of(value.encode()) == ("not_decryptable", None)


@pytest.mark.parametrize("value", [b"", b"{}", b'{"setlinfo": {}}', b"a.b.c", b"a.b.c.d.e", b"\xff\xfe"])
def test_what_is_not_encrypted_is_refused(value: bytes) -> None:
    assert refusal_of(value) == ("not_encrypted", None)


def test_one_hospital_cannot_speak_for_another() -> None:
    assert refusal_of(encrypt_for_ingress(b"{}", "H2", KEYS["H1"])) == ("not_decryptable", "H2")


def test_a_changed_character_is_noticed() -> None:
    value = encrypt_for_ingress(b'{"a": 1}', "H1", KEYS["H1"])
    for place in (len(value) // 2, len(value) - 4):
        changed = value[:place] + (b"A" if value[place : place + 1] != b"A" else b"B") + value[place + 1 :]
        assert refusal_of(changed)[0] == "not_decryptable"


def _with_header(header: dict[str, str], algorithms: list[str]) -> bytes:
    return jwe.encrypt_compact(header, b"{}", OctKey.import_key(KEYS["H1"]), algorithms=algorithms).encode()


def test_without_a_kid_nobody_knows_whose_key_it_is() -> None:
    assert refusal_of(_with_header({"alg": "dir", "enc": "A256GCM"}, ["dir", "A256GCM"])) == (
        "kid_missing",
        None,
    )
    kid = {"alg": "dir", "enc": "A256GCM", "kid": "张三"}
    assert refusal_of(_with_header(kid, ["dir", "A256GCM"])) == ("kid_missing", None)


def test_compressed_content_is_refused() -> None:
    header = {"alg": "dir", "enc": "A256GCM", "kid": "H1", "zip": "DEF"}
    assert refusal_of(_with_header(header, ["dir", "A256GCM", "DEF"]))[0] == "not_decryptable"


def test_another_cipher_is_refused() -> None:
    header = {"alg": "dir", "enc": "A128CBC-HS256", "kid": "H1"}
    assert refusal_of(_with_header(header, ["dir", "A128CBC-HS256"]))[0] == "not_decryptable"
