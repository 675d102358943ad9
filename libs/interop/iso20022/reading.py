"""Looking values up in a parsed message, each missing or malformed one a MessageUnreadable that names it."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

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

    def path(self, path: str) -> str:
        return "/".join(part if part == "." else self._prefix + part for part in path.split("/"))

    def all(self, element: etree._Element, path: str) -> list[etree._Element]:
        return element.findall(self.path(path))

    def text(self, element: etree._Element, path: str) -> str | None:
        found = element.findtext(self.path(path))
        return found.strip() if found is not None and found.strip() else None

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
        text = self.need(element, path)
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.unreadable(f"{path} {text!r} is not a time") from error
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def day(self, element: etree._Element, path: str) -> date:
        text = self.need(element, path)
        try:
            return date.fromisoformat(text[:10])
        except ValueError as error:
            raise self.unreadable(f"{path} {text!r} is not a date") from error

    def fen(self, element: etree._Element, path: str) -> int:
        """A CNY amount in whole fen; another currency or a part of a fen is unreadable, never rounded.

        So is what only fits the schema without decimals: 18 digits of yuan are more fen than a bigint holds.
        """
        amount = self.one(element, path)
        if amount.get("Ccy") != "CNY":
            raise self.unreadable(f"{path} is in {amount.get('Ccy')}, not in CNY")
        try:
            value = Decimal((amount.text or "").strip())
        except InvalidOperation as error:
            raise self.unreadable(f"{path} {amount.text!r} is not an amount") from error
        if value.is_finite() and value.adjusted() >= MAX_YUAN_DIGITS:
            raise self.unreadable(f"{path} has more than {MAX_YUAN_DIGITS} digits of yuan")
        fen = value * 100
        if not value.is_finite() or fen != fen.to_integral_value() or fen < 0:
            raise self.unreadable(f"{path} {amount.text!r} is not a whole number of fen")
        return int(fen)

    def unreadable(self, problem: str) -> MessageUnreadable:
        return MessageUnreadable(self.message, problem)
