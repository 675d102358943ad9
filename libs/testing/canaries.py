"""Planted strings, and a search that finds them however they may be written down."""

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote


def spellings(text: str) -> set[bytes]:
    """The bytes by which `text` could stand in a file, a topic or a dump.

    UTF-8 and the national encoding, JSON escapes, percent signs, hexadecimal digits (as a dump writes bytes), and
    base64 at each of its three alignments.
    """
    plain = text.encode()
    found = {plain, text.encode("gb18030"), plain.hex().encode(), plain.hex().upper().encode()}
    found.add("".join(_json_escape(letter) for letter in text).encode())
    found.add(quote(text, safe="").encode())
    for skipped in range(3):
        encoded = base64.b64encode(b"\0" * skipped + plain)
        # The first and last characters also depend on the neighbours of the text.
        core = encoded.rstrip(b"=")[skipped + (skipped > 0) : -1]
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return {spelling for spelling in found if len(spelling) >= 8}


def _json_escape(letter: str) -> str:
    if letter.isascii():
        return letter
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


class Canaries:
    """Strings by the name of the field they were planted in."""

    def __init__(self, planted: Mapping[str, str]) -> None:
        self._field_of = {spelling: field for field, text in planted.items() for spelling in spellings(text)}
        # The longest first: one spelling may be the beginning of another.
        ordered = sorted(self._field_of, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(re.escape(spelling) for spelling in ordered))

    def found_in(self, content: bytes) -> set[str]:
        """The fields whose string stands in `content`."""
        return {self._field_of[match[0]] for match in self._pattern.finditer(content)}

    def found_in_any(self, contents: Iterable[tuple[str, bytes]]) -> dict[str, set[str]]:
        """As `found_in` for each named content; only those where something stands."""
        return {name: found for name, content in contents if (found := self.found_in(content))}
