"""Submissions on a topic: compact JWE (RFC 7516), `dir` with A256GCM under the hospital's own key, `kid` its id.

A topic keeps what it holds for days and gives it to whoever may read it, so personal data enters it encrypted only.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import GuestProtocol, OctKey

from libs.contracts.intake import RefusalReason
from libs.interop.errors import Refusal, SubmissionInvalid

MAX_SUBMISSION_BYTES = 700 * 1024
"""Of one submission as plaintext: its JWE fits into a Kafka record batch of 1 MiB, the usual limit of brokers."""

_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\Z")
_HOSPITAL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)


class _Registry(JWERegistry):
    # The library's own limit of 64 KiB is less than a long stay's bill.
    max_ciphertext_length = MAX_SUBMISSION_BYTES * 4 // 3 + 4


_REGISTRY = _Registry(algorithms=("dir", "A256GCM"))


def encrypt_for_ingress(plaintext: bytes, hospital_id: str, key: bytes) -> bytes:
    """The record value a hospital sends: `plaintext` encrypted under its key of 32 bytes."""
    header = {"alg": "dir", "enc": "A256GCM", "kid": hospital_id}
    return jwe.encrypt_compact(header, plaintext, _imported(key), registry=_REGISTRY).encode()


def decrypt_from_ingress(value: bytes, key_of: Callable[[str], bytes]) -> tuple[str, bytes]:
    """The hospital id that the header names, proved by its key, and the plaintext.

    Raises SubmissionInvalid (`not_encrypted`, `kid_missing`, `not_decryptable`); its refusal names the hospital
    that the header claims. Compression (`zip`) is refused: a small record could unpack to any size.
    """
    if _COMPACT.match(value) is None:
        raise _refused("not_encrypted", "the record's value must be a compact JWE (alg dir, enc A256GCM)")
    claimed: str | None = None

    def key_of_kid(recipient: GuestProtocol) -> OctKey:
        nonlocal claimed
        claimed = _hospital_id(recipient.headers())
        return _imported(key_of(claimed))

    try:
        opened = jwe.decrypt_compact(value, key_of_kid, registry=_REGISTRY)
    except (JoseError, ValueError, KeyError, TypeError):
        # No cause: what the cipher said helps only who tries keys.
        sentence = (
            f"the JWE does not open: dir and A256GCM, at most {MAX_SUBMISSION_BYTES} bytes, your own key"
        )
        raise _refused("not_decryptable", sentence, claimed) from None
    assert claimed is not None, "a JWE was opened without a key"
    return claimed, opened.plaintext or b""


def _hospital_id(header: Mapping[str, object]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or _HOSPITAL_ID.match(kid) is None:
        raise _refused("kid_missing", "the JWE header `kid` must be the hospital's id (fixmedins_code)")
    return kid


@lru_cache(maxsize=4_096)
def _imported(key: bytes) -> OctKey:
    return OctKey.import_key(key)


def _refused(code: str, sentence: str, hospital_id: str | None = None) -> SubmissionInvalid:
    reason = RefusalReason(code=code, location="", sentence=sentence)
    return SubmissionInvalid(Refusal((reason,), hospital_id=hospital_id))
