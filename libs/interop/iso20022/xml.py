"""Reading XML that a stranger sent: no entities, no DTD, no network, and every message against its schema."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from libs.interop.iso20022.errors import MessageUnreadable

NAMESPACE_PREFIX = "urn:iso:std:iso:20022:tech:xsd:"

_SCHEMAS = Path(__file__).parent / "schemas"


def namespace_of(message: str) -> str:
    """`pain.001.001.09` -> its XML namespace."""
    return NAMESPACE_PREFIX + message


@dataclass(frozen=True, slots=True)
class Document:
    """A message that is parsed and not read yet. `name` is such as `camt.054.001.08`; "" for what is no ISO 20022."""

    name: str
    root: etree._Element


def parse_document(data: bytes) -> Document:
    """Any message; which one it is says its name. Raises MessageUnreadable for what is no XML."""
    root = parse_safely(data, "a message")
    namespace = etree.QName(root).namespace or ""
    is_ours = namespace.startswith(NAMESPACE_PREFIX)
    return Document(namespace.removeprefix(NAMESPACE_PREFIX) if is_ours else "", root)


def parse_safely(data: bytes, message: str) -> etree._Element:
    """The root element. Raises MessageUnreadable for what is not well-formed or carries a DTD."""
    # One parser per call: lxml parsers are not to be shared between threads. `huge_tree` stays off, so a
    # deep or huge document ends as an error and not as an exhausted process.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MessageUnreadable(message, f"not well-formed XML ({error})") from error
    about: Any = root.getroottree().docinfo
    if about.doctype:
        raise MessageUnreadable(message, "it carries a DTD, which no ISO 20022 message has")
    return root


def parse_message(data: bytes | Document, message: str) -> etree._Element:
    """The root of a document in the namespace of `message`, or MessageUnreadable."""
    root = data.root if isinstance(data, Document) else parse_safely(data, message)
    if root.tag != f"{{{namespace_of(message)}}}Document":
        raise MessageUnreadable(message, f"the document is {root.tag}")
    return root


def check_schema(root: etree._Element, message: str) -> None:
    """MessageUnreadable with the first complaint of the XSD, if it has any.

    Its place and kind only: the validator's own sentence quotes the value, and values are names and accounts.
    """
    schema = _schema(message)
    if not schema.validate(root):
        complaints: Any = schema.error_log
        first = complaints[0]
        raise MessageUnreadable(message, f"line {first.line}, {first.path}: {first.type_name}")


@cache
def _schema(message: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(_SCHEMAS / f"{message}.xsd")))
