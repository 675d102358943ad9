"""A case that cannot be evaluated is told everything that is wrong with it, at once and by line."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.benefits import CaseFault, CaseRefused, plan_of, read_case
from libs.benefits import case_words as words


def faults_of(text: str) -> tuple[CaseFault, ...]:
    try:
        read_case(text, plan_of("weifang-2022"))
    except CaseRefused as refusal:
        return refusal.faults
    return ()


def fields_refused(text: str) -> list[str]:
    with pytest.raises(CaseRefused) as refusal:
        read_case(text)
    return [fault.field for fault in refusal.value.faults]


_WRONG_IN_EVERY_WAY = """member: {status: 重病, tier: gold}
bills:
  - id: stay
    visit: 住在院里
    总费用: 52.1万
    自费: 7.7万
    in_scope: 40万
    医保报销: 60万
    lines:
      - {category: 药物, amount: 6.7万, self_funded: 6.8万}
      - {amount: x, self_fundd: 3}
    service_date: 2022-05-04
  - {total: 1, service_date: 2024-01-01, discharge_date: 2021-01-01, admission_date: 2022-01-01, total: 2}
used: {liabilities: {nope: {paid: 5}}}
"""


def test_all_faults_are_named_at_once_each_with_its_line() -> None:
    assert len(fields_refused('{"bills": [{"totl": 1, "visit": "x"}, {"total_fen": -1}], "membr": {}}')) == 5
    with pytest.raises(CaseRefused) as refusal:
        read_case(_WRONG_IN_EVERY_WAY, plan_of("weifang-2022"))
    assert [(fault.line, fault.field) for fault in refusal.value.faults] == [
        (1, "member.status"),
        (1, "member.tier"),
        (3, "bills.0"),
        (4, "bills.0.visit"),
        (10, "bills.0.lines.0.category"),
        (10, "bills.0.lines.0"),
        (11, "bills.0.lines.1.amount"),
        (11, "bills.0.lines.1.self_fundd"),
        (13, "bills.1.total"),
        (13, "bills.1.service_date"),
        (13, "bills.1"),
        (14, "used.liabilities.nope"),
    ]
    said = str(refusal.value)
    assert "total 521000.00 yuan is not the sum of the buckets 477000.00" in said
    assert "other payers paid 600000.00 yuan of a bill of 521000.00" in said
    assert "discharged before admitted" in [fault.found for fault in refusal.value.faults]
    assert "buckets of 68000.00 yuan in a line of 67000.00" in said


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('{\n"bill":\n\t{"total": 5,\n\t"visit": "x"}}', 4, "bills.0.visit"),
        ("参保人: {}\n账单:\n  总额: 5\n  医保报销: 9\n", 2, "bills.0"),
        ('{"bills": [{"total": 1}],\n"member": {"status": ["ill"]}}', 2, "member.status"),
        ('{"bills": [{"total": 1, "lines": 7}]}', 1, "bills.0.lines"),
    ],
)
def test_a_fault_has_its_line_under_whichever_word_it_was_written(text: str, line: int, field: str) -> None:
    with pytest.raises(CaseRefused) as refusal:
        read_case(text)
    assert [(fault.line, fault.field) for fault in refusal.value.faults] == [(line, field)]


def test_lines_that_hold_more_than_the_bill_are_told_in_yuan_by_bucket() -> None:
    with pytest.raises(CaseRefused) as refusal:
        read_case("bill: {total: 5, self_funded: 1, lines: [{amount: 4, self_funded: 2.5}]}")
    assert [fault.found for fault in refusal.value.faults] == [
        "lines hold 2.50 yuan of self_funded, the bill 1.00"
    ]


@pytest.mark.parametrize("field", ["paid", "paid_fen", "支付"])
def test_payers_without_names_are_refused_also_beside_others(field: str) -> None:
    for others in ("", ", 医保报销: 1", ", 自付: 3"):
        assert fields_refused(f"bill: {{total: 5, {field}: 2{others}}}") == [
            "bills.0.paid" if field == "支付" else f"bills.0.{field}"
        ]


def test_a_value_that_could_not_be_read_is_told_once_and_not_as_a_sum_that_lacks_it() -> None:
    assert fields_refused("bill: {total: x, in_scope: 3, self_funded: 9, paid: {basic: 1}}") == [
        "bills.0.total"
    ]
    assert fields_refused("bill: {lines: [{amount: x}, {amount: 2}]}") == ["bills.0.lines.0.amount"]
    assert fields_refused("bill: {total: 5, in_scope: 2, lines: [{amount: 3, self_funded: x}]}") == [
        "bills.0.lines.0.self_funded"
    ]


_WORDS = ["1万", "x", "2022-01-01", "2022-13-01", "住院", "药品", "居民", "既往症", ""]
_KEYS = ["total", "自付", "paid", "paid_fen", "lines", "amount", "bills", "caps", "status", "service_date"]
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
    max_leaves=8,
)
_FIELDS: dict[tuple[str | int, ...], list[str]] = {
    (): ["member", "bills", "used", "账单"],
    ("member",): ["status", "tier", "scheme", "pre_existing_classes", "critical_illness_threshold", "age"],
    ("bills", 0): [
        "visit",
        "lines",
        "paid",
        "paid_fen",
        "tags",
        "service_date",
        *words.SELF_PAY,
        *words.BILL_YUAN,
    ],
    ("bills", 0, "lines", 0): ["category", "amount_fen", "lists", *words.LINE_YUAN],
    ("used",): ["liabilities", "caps"],
}


@example((("bills", 0), "paid_fen"), "x")
@example((("bills", 0), "lines"), 7)
@example((("member",), "status"), ["x"])
@given(st.sampled_from([(place, field) for place, fields in _FIELDS.items() for field in fields]), _ANYTHING)
def test_whatever_is_written_is_a_case_or_is_refused_with_reasons(
    where: tuple[tuple[str | int, ...], str], written: object
) -> None:
    case: dict[str, Any] = {
        "member": {"scheme": "居民"},
        "bills": [
            {"自付": "5万", "自费": "3万", "lines": [{"amount": "3万", "自费": "3万"}]},
            {"total": 1},
        ],
        "used": {"liabilities": {"in_catalogue": {"base": 5}}},
    }
    place, field = where
    holder: Any = case
    for step in place:
        holder = holder[step]
    holder[field] = written
    assert all(fault.line == 1 for fault in faults_of(json.dumps(case)))
