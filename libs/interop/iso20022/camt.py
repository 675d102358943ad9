"""Reading booked entries: the notification at booking (camt.054.001.08) and the day's statement (camt.053.001.08).

Both are checked against their schemas. Entries that are not BOOK (pending, information) are left out: money that may
still not move settles no claim.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from libs.interop.iso20022.model import BookedEntry, Notification, Statement
from libs.interop.iso20022.reading import Fields, Reader
from libs.interop.iso20022.xml import Document, check_schema, parse_document, parse_message

CAMT053 = "camt.053.001.08"
CAMT054 = "camt.054.001.08"

# A message's body, and its part about one account.
_PLACES = {CAMT053: ("BkToCstmrStmt", "Stmt"), CAMT054: ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
# ISO 20022's filler for an identifier the sender did not give.
_NOT_PROVIDED = "NOTPROVIDED"


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What a message says of one account, read no further: others' accounts are in currencies that we do not read."""

    account: str
    message: str
    message_id: str
    created_at: datetime
    element: etree._Element

    def read(self) -> Notification | Statement:
        """Raises MessageUnreadable."""
        return self.statement() if self.message == CAMT053 else self.notification()

    def notification(self) -> Notification:
        """Raises MessageUnreadable."""
        entries = _entries(Reader(self.message), self.element)
        return Notification(self.message_id, self.created_at, self.account, entries)

    def statement(self) -> Statement:
        """Its opening and closing balances are OPBD and CLBD. Raises MessageUnreadable."""
        reader = Reader(self.message)
        return Statement(
            message_id=self.message_id,
            created_at=self.created_at,
            account=self.account,
            opening_fen=_balance(reader, self.element, "OPBD"),
            closing_fen=_balance(reader, self.element, "CLBD"),
            entries=_entries(reader, self.element),
        )


def parse_camt054(data: bytes | Document) -> tuple[Notification, ...]:
    """One Notification per account the message is about. Raises MessageUnreadable."""
    return tuple(report.notification() for report in _reports(data, CAMT054))


def parse_camt053(data: bytes | Document) -> tuple[Statement, ...]:
    """One Statement per account and day. Raises MessageUnreadable."""
    return tuple(report.statement() for report in _reports(data, CAMT053))


def account_reports(data: bytes) -> tuple[AccountReport, ...]:
    """A statement's or notification's parts; none of another message. Raises MessageUnreadable."""
    document = parse_document(data)
    return tuple(_reports(document, document.name)) if document.name in _PLACES else ()


def _reports(data: bytes | Document, message: str) -> Iterator[AccountReport]:
    root = parse_message(data, message)
    check_schema(root, message)
    reader = Reader(message)
    body_name, part_name = _PLACES[message]
    body = reader.one(root, body_name)
    message_id, created_at = reader.need(body, "GrpHdr/MsgId"), reader.moment(body, "GrpHdr/CreDtTm")
    for part in reader.all(body, part_name):
        account = reader.text(part, "Acct/Id/IBAN") or reader.need(part, "Acct/Id/Othr/Id")
        yield AccountReport(account, message, message_id, created_at, part)


def _balance(reader: Reader, report: etree._Element, code: str) -> int:
    for balance in reader.all(report, "Bal"):
        if reader.text(balance, "Tp/CdOrPrtry/Cd") == code:
            amount = reader.fen(balance, "Amt")
            return amount if reader.need(balance, "CdtDbtInd") == "CRDT" else -amount
    raise reader.unreadable(f"the statement has no {code} balance")


def _entries(reader: Reader, report: etree._Element) -> tuple[BookedEntry, ...]:
    return tuple(
        booked
        for entry in reader.all(report, "Ntry")
        for booked in _booked(reader, Fields(reader, entry), entry)
    )


def _booked(reader: Reader, fields: Fields, entry: etree._Element) -> list[BookedEntry]:
    """One per transaction of the entry; an entry without details is one without an EndToEndId."""
    if fields.within("Sts").text("Cd") != "BOOK":
        return []
    details = [Fields(reader, transaction) for transaction in reader.all(entry, "NtryDtls/TxDtls")]
    if len(details) <= 1:
        return [_one_booked(reader, fields, details[0] if details else Fields(reader, None), fields)]
    return [_one_booked(reader, fields, transaction, transaction) for transaction in details]


def _one_booked(reader: Reader, entry: Fields, transaction: Fields, priced: Fields) -> BookedEntry:
    """`priced` is where amount and direction stand: the entry, or each transaction of a batch booking."""
    references, booking = transaction.within("Refs"), entry.within("BookgDt")
    reason = transaction.within("RtrInf").within("Rsn")
    end_to_end_id, moment = references.text("EndToEndId"), booking.text("DtTm")
    return BookedEntry(
        bank_reference=references.text("AcctSvcrRef") or entry.need("AcctSvcrRef"),
        end_to_end_id=None if end_to_end_id == _NOT_PROVIDED else end_to_end_id,
        original_message_id=references.text("MsgId"),
        amount_fen=priced.fen("Amt"),
        direction="credit" if priced.need("CdtDbtInd") == "CRDT" else "debit",
        booked_on=reader.day_of("BookgDt", moment or booking.need("Dt")),
        booked_at=reader.moment_of("BookgDt/DtTm", moment) if moment else None,
        return_reason=reason.text("Cd") or reason.text("Prtry"),
        reversal=entry.text("RvslInd") in ("true", "1"),
    )
