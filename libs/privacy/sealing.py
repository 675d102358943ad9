"""Sealing: AES-256-GCM under a person's data key, bound to the place it was sealed for.

A seal is `s1.<key id, 32 hex>.<base64url of nonce and ciphertext>`; `s1` names this scheme, so another cipher
(SM4-GCM where it is demanded) can follow as `s2` beside it.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.privacy.errors import SealBroken

NonceSource = Callable[[int], bytes]
"""Gives that many fresh bytes. A nonce used twice under one key breaks the cipher: only tests pass their own."""

KEY_BYTES = 32
NONCE_BYTES = 12

_SEAL = re.compile(r"s1\.([0-9a-f]{32})\.([A-Za-z0-9_-]+)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class DataKey:
    """One person's key. `key_id` is 32 hex digits; `secret` is 32 bytes and never printed."""

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(self.secret)}")


def seal(key: DataKey, plaintext: bytes, context: str, nonce_source: NonceSource = os.urandom) -> str:
    """Seal `plaintext` for `context`, the event type and field ("ClaimRegistered.identity")."""
    nonce = nonce_source(NONCE_BYTES)
    ciphertext = AESGCM(key.secret).encrypt(nonce, plaintext, _bound_to(context, key.key_id))
    return f"s1.{key.key_id}.{_to_text(nonce + ciphertext)}"


def unseal(key: DataKey, sealed: str, context: str) -> bytes:
    """The plaintext. Raises SealBroken when one bit, the context or the key differs from the sealing's."""
    key_id, body = _parse(sealed, context)
    if key_id != key.key_id:
        raise SealBroken(context, "it is sealed under another key")
    try:
        return AESGCM(key.secret).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound_to(context, key_id))
    except InvalidTag as error:
        raise SealBroken(context, "it was changed or sealed for another context") from error


def seal_json(
    key: DataKey, document: Mapping[str, Any], context: str, nonce_source: NonceSource = os.urandom
) -> str:
    """Seal a JSON object."""
    return seal(key, orjson.dumps(document), context, nonce_source)


def unseal_json(key: DataKey, sealed: str, context: str) -> dict[str, Any]:
    """The JSON object sealed by `seal_json`. Raises SealBroken also when the content is no JSON object."""
    plaintext = unseal(key, sealed, context)
    try:
        document = orjson.loads(plaintext)
    except orjson.JSONDecodeError:
        # The decoder's error quotes the document, so it must not become the cause of ours.
        raise SealBroken(context, "its content is not JSON") from None
    if not isinstance(document, dict):
        raise SealBroken(context, "its content is not a JSON object")
    return document


def key_id_of(sealed: str, context: str = "a value") -> str:
    """The id of the key that opens `sealed` (32 hex). Raises SealBroken when it is not a seal."""
    match = _SEAL.match(sealed)
    if match is None:
        raise SealBroken(context, "it has not the form of a seal")
    return match[1]


def _bound_to(context: str, key_id: str) -> bytes:
    return f"s1\0{key_id}\0{context}".encode()


def _parse(sealed: str, context: str) -> tuple[str, bytes]:
    key_id = key_id_of(sealed, context)
    text = sealed.rsplit(".", 1)[1]
    try:
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise SealBroken(context, "it is not base64url") from error
    # base64 has several spellings of one value (unused bits at the end); only the canonical one is a seal,
    # so that equal seals are equal texts and no changed character goes unnoticed.
    if _to_text(body) != text or len(body) < NONCE_BYTES:
        raise SealBroken(context, "it is not canonical base64url")
    return key_id, body


def _to_text(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode("ascii")
