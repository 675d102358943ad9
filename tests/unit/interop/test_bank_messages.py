"""Reading what banks send: what is understood, and what is refused instead of guessed."""

from datetime import date

import pytest

from libs.interop.iso20022 import MessageUnreadable, parse_camt054, parse_document, parse_pain002

ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>{reversal}<Sts><Cd>{status}</Cd></Sts>
<BookgDt>{booked}</BookgDt><AcctSvcrRef>REF-1</AcctSvcrRef><BkTxCd/>{details}</Ntry>"""
DETAIL = """<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>{end_to_end_id}</EndToEndId></Refs>
<Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>"""
REPORT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>
<CreDtTm>2026-11-23T00:00:00+08:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>
<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{transactions}</CstmrPmtStsRpt></Document>"""


def a_notification(
    *,
    amount: str = "1.50",
    currency: str = "CNY",
    status: str = "BOOK",
    booked: str = "<Dt>2026-11-23</Dt>",
    details: str = "",
    reversal: str = "",
) -> bytes:
    entry = ENTRY.format(
        amount=amount, currency=currency, status=status, booked=booked, details=details, reversal=reversal
    )
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N1</MsgId><CreDtTm>2026-11-23T00:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id>
<Acct><Id><Othr><Id>31050161393600000</Id></Othr></Id></Acct>{entry}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>
""".encode()


def a_detail(reference: str = "REF-1-1", end_to_end_id: str = "E1", amount: str = "1.00") -> str:
    return DETAIL.format(reference=reference, end_to_end_id=end_to_end_id, amount=amount)


def a_report(group: str = "<GrpSts>ACCP</GrpSts>", transactions: str = "") -> bytes:
    return REPORT.format(group=group, transactions=transactions).encode()


def test_a_batch_booking_is_one_entry_per_payment_with_its_own_amount() -> None:
    details = f"<NtryDtls>{a_detail('A', 'E1', '1.00')}{a_detail('B', 'E2', '0.50')}</NtryDtls>"

    ((notification),) = parse_camt054(a_notification(details=details))

    assert [(e.bank_reference, e.end_to_end_id, e.amount_fen) for e in notification.entries] == [
        ("A", "E1", 100),
        ("B", "E2", 50),
    ]


def test_an_entry_without_details_has_no_end_to_end_id() -> None:
    ((notification),) = parse_camt054(a_notification())
    (entry,) = notification.entries
    assert (entry.end_to_end_id, entry.bank_reference, entry.amount_fen) == (None, "REF-1", 150)
    assert (entry.booked_on, entry.booked_at) == (date(2026, 11, 23), None)


def test_the_filler_for_a_missing_id_is_no_id() -> None:
    details = f"<NtryDtls>{a_detail(end_to_end_id='NOTPROVIDED')}</NtryDtls>"
    ((notification),) = parse_camt054(a_notification(details=details))
    assert notification.entries[0].end_to_end_id is None


def test_a_booking_time_is_kept_when_the_bank_gives_one() -> None:
    ((notification),) = parse_camt054(a_notification(booked="<DtTm>2026-11-23T09:30:00+08:00</DtTm>"))
    (entry,) = notification.entries
    assert entry.booked_at is not None
    assert entry.booked_at.isoformat() == "2026-11-23T09:30:00+08:00"


def test_money_that_is_only_pending_is_not_booked() -> None:
    ((notification),) = parse_camt054(a_notification(status="PDNG"))
    assert notification.entries == ()


def test_a_reversal_is_told_apart() -> None:
    ((notification),) = parse_camt054(a_notification(reversal="<RvslInd>true</RvslInd>"))
    assert notification.entries[0].reversal


@pytest.mark.parametrize(
    "data",
    [
        a_notification(currency="EUR"),
        a_notification(amount="1.505"),
        a_notification(amount="-1.00"),
        a_notification(amount="99999999999999999"),
        a_notification(booked="<Dt>23.11.2026</Dt>"),
        a_notification().replace(b"<MsgId>N1</MsgId>", b""),
        a_notification().replace(b"camt.054.001.08", b"camt.054.001.02"),
        a_report(),
        b"",
        b"<html>Bad gateway",
    ],
)
def test_what_is_not_a_notification_in_whole_fen_is_unreadable(data: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        parse_camt054(data)


def test_the_largest_amount_is_what_a_payment_can_carry() -> None:
    ((notification),) = parse_camt054(a_notification(amount="9999999999999999.99"))
    assert notification.entries[0].amount_fen == 10**18 - 1


def test_entities_are_refused_and_no_file_is_opened() -> None:
    attack = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + a_report(transactions="&x;")
    with pytest.raises(MessageUnreadable):
        parse_pain002(attack)
    with pytest.raises(MessageUnreadable):
        parse_document(attack)


def test_a_value_the_schema_refuses_is_not_quoted_in_the_error() -> None:
    with pytest.raises(MessageUnreadable) as unreadable:
        parse_camt054(a_notification(booked="<Dt>张三</Dt>"))
    assert "张三" not in str(unreadable.value)


def test_reasons_keep_the_banks_order_and_words() -> None:
    transactions = """<OrgnlPmtInfAndSts><OrgnlPmtInfId>M1</OrgnlPmtInfId><TxInfAndSts>
<OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf>
</StsRsnInf><StsRsnInf><Rsn><Prtry>9001</Prtry></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"""

    report = parse_pain002(a_report(group="", transactions=transactions))

    assert report.group_status is None
    (transaction,) = report.transactions
    assert [(reason.code, reason.text) for reason in transaction.reasons] == [
        ("AC04", "closed"),
        ("9001", ""),
    ]


@pytest.mark.parametrize("code", ["DUPL", "DU01", "AM05"])
def test_a_refused_copy_is_told_from_a_refused_file(code: str) -> None:
    group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>{}</Cd></Rsn></StsRsnInf>"
    assert parse_pain002(a_report(group=group.format(code))).refuses_a_copy
    assert not parse_pain002(a_report(group=group.format("FF01"))).refuses_a_copy


def test_a_transaction_without_its_id_is_unreadable() -> None:
    transactions = "<OrgnlPmtInfAndSts><TxInfAndSts><TxSts>ACCP</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    with pytest.raises(MessageUnreadable, match="OrgnlEndToEndId"):
        parse_pain002(a_report(transactions=transactions))
