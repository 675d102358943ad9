"""Keyed pseudonyms: the same person or document gives the same text, and nobody without the secret can tell whose.

A plain hash would not do: there are only some ten to the eleventh plausible identity numbers, a laptop tries
them all in minutes.
"""

import hmac
import re
import unicodedata

_SECRET_BYTES = 32
_FIRST_GENERATION = re.compile(r"[0-9]{15}\Z", re.ASCII)
_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


class Pseudonymiser:
    """Derives pseudonyms with HMAC-SHA-256 under one deployment-wide secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _SECRET_BYTES:
            raise ValueError(f"the pseudonym secret has {len(secret)} bytes, not {_SECRET_BYTES}")
        self._secret = secret

    def person_id(self, id_number: str) -> str:
        """`p_` and 32 hex digits for an identity number; raises ValueError for an empty one."""
        normalised = normalise_id_number(id_number)
        if not normalised:
            raise ValueError("an empty identity number has no pseudonym")
        return f"p_{self._mac('person', normalised)[:32]}"

    def digest(self, purpose: str, text: str) -> str:
        """64 hex digits for `text`; digests of one text under two purposes cannot be linked.

        The text is taken as it is: a caller who wants two spellings to meet normalises them first.
        """
        if not purpose:
            raise ValueError("a digest needs a purpose")
        return self._mac(f"digest/{purpose}", text)

    def _mac(self, domain: str, text: str) -> str:
        domain_bytes = f"huiji/{domain}".encode()
        # The length in front keeps (domain, text) pairs apart whatever characters they contain.
        message = len(domain_bytes).to_bytes(4, "big") + domain_bytes + text.encode()
        return hmac.digest(self._secret, message, "sha256").hex()


def normalise_id_number(id_number: str) -> str:
    """One spelling per document: half-width, no blanks around, upper case, 18 digits for first-generation numbers.

    First-generation resident numbers (15 digits, GB 11643-1989) still turn up in old records of living people;
    GB 11643-1999 defines their 18-digit form: the century 19 inserted, the check character appended.
    """
    normalised = unicodedata.normalize("NFKC", id_number).strip().upper()
    if _FIRST_GENERATION.match(normalised):
        body = f"{normalised[:6]}19{normalised[6:]}"
        return body + check_character(body)
    return normalised


def check_character(body: str) -> str:
    """The 18th character of a resident identity number (ISO 7064 MOD 11-2) for its first 17 digits."""
    return _CHECK_CHARACTERS[
        sum(int(digit) * weight for digit, weight in zip(body, _CHECK_WEIGHTS, strict=True)) % 11
    ]
