"""Payment files: the same file always the same bytes, sums exact, and nothing a rail could choke on."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xsdata.formats.dataclass.parsers import XmlParser

from libs.interop.iso20022 import EndToEndIdRepeated, FieldInvalid, Payment, PaymentFile, build_pain001

# The second opinion: pyiso20022 has no type information.
Document: Any = import_module("pyiso20022.pain.pain_001_001_09").Document

NAMES = st.text(
    st.characters(blacklist_categories=("C", "Z"), max_codepoint=0x2FFFF)
    | st.sampled_from("张三·欧阳𠮷<>&'\""),
    min_size=1,
    max_size=140,
)
PAYMENTS = st.lists(
    st.builds(
        Payment,
        end_to_end_id=st.from_regex(r"[A-Za-z0-9]{1,35}", fullmatch=True),
        amount_fen=st.integers(1, 10**15),
        creditor_name=NAMES,
        creditor_account=st.from_regex(r"[0-9]{1,34}", fullmatch=True),
        creditor_bank=st.from_regex(r"[0-9]{12}", fullmatch=True),
        remittance=st.just("") | NAMES,
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda payment: payment.end_to_end_id,
)


def a_payment(**fields: Any) -> Payment:
    defaults: dict[str, Any] = {
        "end_to_end_id": "E1",
        "amount_fen": 100_01,
        "creditor_name": "张三",
        "creditor_account": "6222021234567890123",
        "creditor_bank": "102290000123",
    }
    return Payment(**{**defaults, **fields})


def a_file(**fields: Any) -> PaymentFile:
    defaults: dict[str, Any] = {
        "message_id": "M1",
        "created_at": datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
        "execution_date": date(2026, 11, 22),
        "debtor_name": "惠济保共保体",
        "debtor_account": "31050161393600000",
        "debtor_bank": "105290000012",
        "payments": (a_payment(),),
    }
    return PaymentFile(**{**defaults, **fields})


@given(PAYMENTS)
def test_another_reader_finds_every_payment_as_it_was_meant(payments: list[Payment]) -> None:
    data = build_pain001(a_file(payments=tuple(payments)))

    initiation = XmlParser().from_bytes(data, Document).cstmr_cdt_trf_initn
    (batch,) = initiation.pmt_inf
    total = Decimal(sum(payment.amount_fen for payment in payments)) / 100
    for header in (initiation.grp_hdr, batch):
        assert (header.nb_of_txs, header.ctrl_sum) == (str(len(payments)), total)
    assert [
        (
            transfer.pmt_id.end_to_end_id,
            transfer.amt.instd_amt.value * 100,
            transfer.amt.instd_amt.ccy,
            transfer.cdtr.nm,
            transfer.cdtr_acct.id.othr.id,
            transfer.cdtr_agt.fin_instn_id.clr_sys_mmb_id.mmb_id,
            transfer.rmt_inf.ustrd[0] if transfer.rmt_inf else "",
        )
        for transfer in batch.cdt_trf_tx_inf
    ] == [
        (
            p.end_to_end_id,
            p.amount_fen,
            "CNY",
            p.creditor_name,
            p.creditor_account,
            p.creditor_bank,
            p.remittance,
        )
        for p in payments
    ]


@given(PAYMENTS)
def test_the_same_file_is_the_same_bytes_wherever_its_time_was_taken(payments: list[Payment]) -> None:
    created = datetime(2026, 11, 22, 3, 0, 1, 999_999, tzinfo=UTC)
    in_shanghai = created.astimezone(timezone(timedelta(hours=8)))
    assert build_pain001(a_file(payments=tuple(payments), created_at=created)) == build_pain001(
        a_file(payments=tuple(payments), created_at=in_shanghai)
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("end_to_end_id", ""),
        ("end_to_end_id", "x" * 36),
        ("end_to_end_id", "理赔1"),
        ("end_to_end_id", "A B"),
        ("end_to_end_id", "A//B"),
        ("end_to_end_id", "A/"),
        ("end_to_end_id", "A\n"),
        ("amount_fen", 0),
        ("amount_fen", -1),
        ("amount_fen", 10**18),
        ("creditor_name", ""),
        ("creditor_name", " 张三"),
        ("creditor_name", "张" * 141),
        ("creditor_name", "张\x00三"),
        ("creditor_name", "张\n三"),
        ("creditor_name", "张\ud800"),
        ("creditor_name", "张\ufffe"),
        ("creditor_account", "6222 0212"),
        ("creditor_account", "1" * 35),
        ("creditor_bank", "10229000012"),
        ("creditor_bank", "1022900001２３"),
        ("remittance", "x" * 141),
    ],
)
def test_a_value_no_rail_carries_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(FieldInvalid):
        build_pain001(a_file(payments=(a_payment(**{field: value}),)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", "x" * 36),
        ("created_at", datetime(2026, 11, 22)),  # noqa: DTZ001 - the refused case
        ("debtor_name", ""),
        ("debtor_account", ""),
        ("debtor_bank", "1"),
        ("payments", ()),
    ],
)
def test_a_header_no_bank_takes_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(FieldInvalid):
        build_pain001(a_file(**{field: value}))


def test_two_payments_under_one_end_to_end_id_never_leave_in_one_file() -> None:
    with pytest.raises(EndToEndIdRepeated):
        build_pain001(a_file(payments=(a_payment(), a_payment(amount_fen=1))))


def test_a_sum_beyond_the_formats_digits_is_refused() -> None:
    with pytest.raises(FieldInvalid, match="CtrlSum"):
        build_pain001(
            a_file(payments=(a_payment(amount_fen=10**18 - 1), a_payment(end_to_end_id="E2", amount_fen=1)))
        )


def test_an_error_keeps_the_account_to_itself() -> None:
    with pytest.raises(FieldInvalid) as refused:
        build_pain001(a_file(payments=(a_payment(creditor_account="6222 0212 3456"),)))
    assert "6222" not in str(refused.value)
