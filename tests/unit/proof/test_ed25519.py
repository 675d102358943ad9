"""The verifier's own check of signatures: the vectors of RFC 8032, and agreement with a maintained library."""

import hashlib
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.proof.ed25519 import ORDER, ed25519_holds

#: RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc), as public key, message and signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_hold_and_nothing_beside_them(
    key: str, message: bytes, signature: str
) -> None:
    public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    assert ed25519_holds(public, message, signed)
    assert not ed25519_holds(public, message + b"\0", signed)
    assert not ed25519_holds(public, message, signed[:-1])
    assert not ed25519_holds(public[:-1], message, signed)


def test_a_signature_has_one_form() -> None:
    """S below the group's order (5.1.7): else whoever sees one signature can write another."""
    key, message, signature = VECTORS[1]
    s = int.from_bytes(bytes.fromhex(signature)[32:], "little")
    other = bytes.fromhex(signature)[:32] + (s + ORDER).to_bytes(32, "little")
    assert not ed25519_holds(bytes.fromhex(key), message, other)


def test_it_says_what_a_maintained_library_says() -> None:
    choice = random.Random(8032)
    for _ in range(20):
        private = Ed25519PrivateKey.from_private_bytes(choice.randbytes(32))
        key, message = private.public_key(), choice.randbytes(45)
        signature = bytearray(private.sign(message))
        assert ed25519_holds(key.public_bytes_raw(), message, bytes(signature))
        signature[choice.randrange(64)] ^= 1 << choice.randrange(8)
        with pytest.raises(InvalidSignature):
            key.verify(bytes(signature), message)
        assert not ed25519_holds(key.public_bytes_raw(), message, bytes(signature))
