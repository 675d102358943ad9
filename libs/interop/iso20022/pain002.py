"""Reading a status report (pain.002.001.10).

Checked by structure, not by schema (schemas/SOURCES.md). A payment the bank does not mention is not in `transactions`:
what a group status means for it is the reader's to decide, and mostly "nothing yet".
"""

from lxml import etree

from libs.interop.iso20022.model import Reason, StatusReport, TransactionStatus
from libs.interop.iso20022.reading import Reader
from libs.interop.iso20022.xml import Document, parse_message

PAIN002 = "pain.002.001.10"

_reader = Reader(PAIN002)


def parse_pain002(data: bytes | Document) -> StatusReport:
    """Raises MessageUnreadable. Reasons keep the bank's order; a proprietary code is read like an external one."""
    report = _reader.one(parse_message(data, PAIN002), "CstmrPmtStsRpt")
    group = _reader.one(report, "OrgnlGrpInfAndSts")
    transactions = tuple(
        TransactionStatus(
            end_to_end_id=_reader.need(transaction, "OrgnlEndToEndId"),
            status=_reader.need(transaction, "TxSts"),
            reasons=_reasons(transaction),
        )
        for transaction in _reader.all(report, "OrgnlPmtInfAndSts/TxInfAndSts")
    )
    return StatusReport(
        message_id=_reader.need(report, "GrpHdr/MsgId"),
        created_at=_reader.moment(report, "GrpHdr/CreDtTm"),
        original_message_id=_reader.need(group, "OrgnlMsgId"),
        group_status=_reader.text(group, "GrpSts"),
        group_reasons=_reasons(group),
        transactions=transactions,
    )


def _reasons(element: etree._Element) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            code=_reader.text(info, "Rsn/Cd") or _reader.text(info, "Rsn/Prtry") or "",
            text=" ".join(line.text.strip() for line in _reader.all(info, "AddtlInf") if line.text),
        )
        for info in _reader.all(element, "StsRsnInf")
    )
