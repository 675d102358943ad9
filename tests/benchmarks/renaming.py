"""Bytes with ids in them, again and again under other names: a copy changes each id's first eight hexadecimal digits.

An id keeps its length, so a copy is the same bytes with digits overwritten, of a whole page at a time. Joining the
parts of each event anew took twenty times as long.
"""

import re
from collections.abc import Iterable

import numpy as np

_DIGITS = 8
_SHIFTS = np.arange(28, -4, -4, dtype=np.uint32)
_LOWER = np.frombuffer(b"0123456789abcdef", np.uint8)
_UPPER = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_ID = re.compile(
    rb"(?<=HF)[0-9A-F]{32}"
    rb"|(?<![0-9a-zA-Z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    rb"|(?<![0-9a-fA-F])(?:[0-9a-f]{32}|[0-9A-F]{32})(?![0-9a-fA-F])"
)
_ID_OR_DIGEST = re.compile(_ID.pattern + rb"|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def ids_in(text: bytes) -> list[int]:
    """Where the ids begin."""
    return [found.start() for found in _ID.finditer(text)]


def ids_and_digests_in(text: bytes) -> list[int]:
    """Where the ids begin, and what is unique as they are."""
    return [found.start() for found in _ID_OR_DIGEST.finditer(text)]


def renamed_one(text: bytes, ids_at: Iterable[int], number: int) -> bytes:
    """A few bytes in the copy of this number."""
    for at in ids_at:
        digits = b"%08x" % (int(text[at : at + _DIGITS], 16) ^ number)
        upper = text[at : at + 32].isupper()
        text = text[:at] + (digits.upper() if upper else digits) + text[at + _DIGITS :]
    return text


class Renamable:
    """A page of bytes. `texts`: where ids begin as hexadecimal digits; `binaries`: where UUIDs do as 16 bytes."""

    def __init__(self, page: bytes, texts: Iterable[int], binaries: Iterable[int] = ()) -> None:
        self._page = np.frombuffer(page, np.uint8)
        starts = np.fromiter(texts, np.int64)
        self._digits_at = starts[:, None] + np.arange(_DIGITS)
        digits = self._page[self._digits_at]
        # 'a' and 'A' are 97 and 65; below both are the decimal digits.
        nibbles = np.where(digits >= 97, digits - 87, np.where(digits >= 65, digits - 55, digits - 48))
        self._names = (nibbles.astype(np.uint32) << _SHIFTS).sum(axis=1, dtype=np.uint32)
        # An id says its case somewhere in its 32 digits, an id of decimal digits alone in none.
        whole = self._page[np.minimum(starts[:, None] + np.arange(32), len(page) - 1)]
        self._is_upper = ((whole >= 65) & (whole <= 70)).any(axis=1)[:, None]
        self._bytes_at = np.fromiter(binaries, np.int64)[:, None] + np.arange(4)
        self._prefixes = self._page[self._bytes_at]

    def copy(self, number: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        """The page of the copy of this number, to be written to."""
        copied = self._page.copy()
        nibbles = ((self._names ^ np.uint32(number))[:, None] >> _SHIFTS) & np.uint32(15)
        copied[self._digits_at] = np.where(self._is_upper, _UPPER[nibbles], _LOWER[nibbles])
        copied[self._bytes_at] = self._prefixes ^ np.frombuffer(number.to_bytes(4, "big"), np.uint8)
        return copied
