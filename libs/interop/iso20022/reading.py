"""Looking values up in a parsed message, each missing or malformed one a MessageUnreadable that names it."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Self

from lxml import etree

from libs.interop.iso20022.errors import MessageUnreadable
from libs.interop.iso20022.xml import namespace_of

MAX_YUAN_DIGITS = 16
"""As in what we send: 18 digits in all, two of them after the point."""


class Reader:
    """Paths are slash-separated names in the message's namespace, relative to an element."""

    def __init__(self, message: str) -> None:
        self.message = message
        self._prefix = f"{{{namespace_of(message)}}}"
        self._any = f"{self._prefix}*"

    def path(self, path: str) -> str:
        return "/".join(part if part == "." else self._prefix + part for part in path.split("/"))

    def children(self, element: etree._Element) -> dict[str, etree._Element]:
        """The first child of each name."""
        start = len(self._prefix)
        # Reversed, so that the first of a name comes last and stays.
        return {str(child.tag)[start:]: child for child in element.iterchildren(self._any, reversed=True)}

    def all(self, element: etree._Element, path: str) -> list[etree._Element]:
        return element.findall(self.path(path))

    def text(self, element: etree._Element, path: str) -> str | None:
        found = element.findtext(self.path(path))
        return (found.strip() or None) if found else None

    def need(self, element: etree._Element, path: str) -> str:
        found = self.text(element, path)
        if found is None:
            raise self.unreadable(f"{etree.QName(element).localname} has no {path}")
        return found

    def one(self, element: etree._Element, path: str) -> etree._Element:
        found = element.find(self.path(path))
        if found is None:
            raise self.unreadable(f"{etree.QName(element).localname} has no {path}")
        return found

    def moment(self, element: etree._Element, path: str) -> datetime:
        """A time; one without a zone is read as UTC, the bank having said nothing else."""
        return self.moment_of(path, self.need(element, path))

    def fen(self, element: etree._Element, path: str) -> int:
        """A CNY amount in whole fen."""
        return self.fen_of(path, self.one(element, path))

    def moment_of(self, name: str, text: str) -> datetime:
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.unreadable(f"{name} {text!r} is not a time") from error
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def day_of(self, name: str, text: str) -> date:
        try:
            return date.fromisoformat(text[:10])
        except ValueError as error:
            raise self.unreadable(f"{name} {text!r} is not a date") from error

    def fen_of(self, name: str, amount: etree._Element) -> int:
        """Another currency than CNY or a part of a fen is unreadable, never rounded.

        So is what only fits the schema without decimals: 18 digits of yuan are more fen than a bigint holds.
        """
        if amount.get("Ccy") != "CNY":
            raise self.unreadable(f"{name} is in {amount.get('Ccy')}, not in CNY")
        try:
            value = Decimal((amount.text or "").strip())
        except InvalidOperation as error:
            raise self.unreadable(f"{name} {amount.text!r} is not an amount") from error
        if value.is_finite() and value.adjusted() >= MAX_YUAN_DIGITS:
            raise self.unreadable(f"{name} has more than {MAX_YUAN_DIGITS} digits of yuan")
        fen = value * 100
        if not value.is_finite() or fen != fen.to_integral_value() or fen < 0:
            raise self.unreadable(f"{name} {amount.text!r} is not a whole number of fen")
        return int(fen)

    def unreadable(self, problem: str) -> MessageUnreadable:
        return MessageUnreadable(self.message, problem)


class Fields:
    """An element that is read field by field: its children are looked at once, not sought path by path.

    Measured on notifications of 100 entries: five times as fast. None stands for an element that is not there.
    """

    __slots__ = ("_children", "_element", "_reader")

    def __init__(self, reader: Reader, element: etree._Element | None) -> None:
        self._reader = reader
        self._element = element
        self._children = {} if element is None else reader.children(element)

    def within(self, name: str) -> Self:
        """The fields of the first child of that name."""
        return type(self)(self._reader, self._children.get(name))

    def text(self, name: str) -> str | None:
        child = self._children.get(name)
        return ((child.text or "").strip() or None) if child is not None else None

    def need(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise self._missing(name)
        return found

    def fen(self, name: str) -> int:
        """A CNY amount in whole fen."""
        amount = self._children.get(name)
        if amount is None:
            raise self._missing(name)
        return self._reader.fen_of(name, amount)

    def _missing(self, name: str) -> MessageUnreadable:
        return self._reader.unreadable(
            f"{'what' if self._element is None else etree.QName(self._element).localname} has no {name}"
        )
