"""Reading booked entries: the notification at booking (camt.054.001.08) and the day's statement (camt.053.001.08).

Both are checked against their schemas. Entries that are not BOOK (pending, information) are left out: money that may
still not move settles no claim.
"""

from typing import Literal

from lxml import etree

from libs.interop.iso20022.model import BookedEntry, Notification, Statement
from libs.interop.iso20022.reading import Reader
from libs.interop.iso20022.xml import check_schema, parse_message

CAMT053 = "camt.053.001.08"
CAMT054 = "camt.054.001.08"

# ISO 20022's filler for an identifier the sender did not give.
_NOT_PROVIDED = "NOTPROVIDED"


def parse_camt054(data: bytes) -> tuple[Notification, ...]:
    """One Notification per account the message is about. Raises MessageUnreadable."""
    reader, body = _open(data, CAMT054, "BkToCstmrDbtCdtNtfctn")
    return tuple(
        Notification(
            message_id=reader.need(body, "GrpHdr/MsgId"),
            created_at=reader.moment(body, "GrpHdr/CreDtTm"),
            account=_account(reader, report),
            entries=_entries(reader, report),
        )
        for report in reader.all(body, "Ntfctn")
    )


def parse_camt053(data: bytes) -> tuple[Statement, ...]:
    """One Statement per account and day; its opening and closing balances are OPBD and CLBD."""
    reader, body = _open(data, CAMT053, "BkToCstmrStmt")
    return tuple(
        Statement(
            message_id=reader.need(body, "GrpHdr/MsgId"),
            created_at=reader.moment(body, "GrpHdr/CreDtTm"),
            account=_account(reader, report),
            opening_fen=_balance(reader, report, "OPBD"),
            closing_fen=_balance(reader, report, "CLBD"),
            entries=_entries(reader, report),
        )
        for report in reader.all(body, "Stmt")
    )


def _open(data: bytes, message: str, body: str) -> tuple[Reader, etree._Element]:
    root = parse_message(data, message)
    check_schema(root, message)
    reader = Reader(message)
    return reader, reader.one(root, body)


def _account(reader: Reader, report: etree._Element) -> str:
    return reader.text(report, "Acct/Id/IBAN") or reader.need(report, "Acct/Id/Othr/Id")


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
        if reader.text(entry, "Sts/Cd") == "BOOK"
        for booked in _booked(reader, entry)
    )


def _booked(reader: Reader, entry: etree._Element) -> list[BookedEntry]:
    """One per transaction of the entry; an entry without details is one without an EndToEndId."""
    details = reader.all(entry, "NtryDtls/TxDtls")
    if len(details) <= 1:
        return [_one_booked(reader, entry, details[0] if details else entry, entry)]
    return [_one_booked(reader, entry, transaction, transaction) for transaction in details]


def _one_booked(
    reader: Reader, entry: etree._Element, transaction: etree._Element, priced: etree._Element
) -> BookedEntry:
    """`priced` is where amount and direction stand: the entry, or each transaction of a batch booking."""
    end_to_end_id = reader.text(transaction, "Refs/EndToEndId")
    has_time = reader.text(entry, "BookgDt/DtTm") is not None
    return BookedEntry(
        bank_reference=reader.text(transaction, "Refs/AcctSvcrRef") or reader.need(entry, "AcctSvcrRef"),
        end_to_end_id=None if end_to_end_id == _NOT_PROVIDED else end_to_end_id,
        original_message_id=reader.text(transaction, "Refs/MsgId"),
        amount_fen=reader.fen(priced, "Amt"),
        direction=_direction(reader, priced),
        booked_on=reader.day(entry, "BookgDt/DtTm" if has_time else "BookgDt/Dt"),
        booked_at=reader.moment(entry, "BookgDt/DtTm") if has_time else None,
        return_reason=reader.text(transaction, "RtrInf/Rsn/Cd")
        or reader.text(transaction, "RtrInf/Rsn/Prtry"),
        reversal=reader.text(entry, "RvslInd") in ("true", "1"),
    )


def _direction(reader: Reader, priced: etree._Element) -> Literal["debit", "credit"]:
    return "credit" if reader.need(priced, "CdtDbtInd") == "CRDT" else "debit"
