from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.interop.errors import SubmissionInvalid
from libs.interop.exact_json import decode_object
from libs.interop.reading import date_of, fen_of
from libs.money import format_yuan

_FEN = st.integers(0, 10**16 - 1)


@given(_FEN)
def test_an_amount_is_the_same_as_text_and_as_json_number(fen: int) -> None:
    text = format_yuan(fen)
    number = decode_object(b'{"amount": ' + text.encode() + b"}")["amount"]
    assert fen_of(text) == fen_of(number) == fen


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        ("12", 1200),
        ("12.3", 1230),
        ("12.30", 1230),
        ("12.3000", 1230),
        ("0", 0),
        (7, 700),
        (Decimal("1E+3"), 100_000),
        (Decimal("0E-30"), 0),
        ("99999999999999.99", 9_999_999_999_999_999),
    ],
)
def test_usual_ways_of_writing_an_amount(value: object, fen: int) -> None:
    assert fen_of(value) == fen


@pytest.mark.parametrize(
    "value",
    [
        *("-1", "1.234", "1,000.00", "1e3", " 1", "1 ", "", "abc", "٣.٠٠", "1_0", "100000000000000", "NaN"),
        *(-1, 10**14, True, None, [], 1.5),
        *(Decimal(text) for text in ("0.001", "-0.01", "1E-30", "1E+40", "1E+999999", "NaN", "Infinity")),
    ],
)
def test_what_is_not_an_exact_amount_is_none(value: object) -> None:
    assert fen_of(value) is None


def test_a_date_time_with_offset_is_the_day_in_shanghai() -> None:
    assert date_of("2022-03-01T20:00:00Z") == date(2022, 3, 2)
    assert date_of("2022-03-01T20:00:00-05:00") == date(2022, 3, 2)
    assert date_of("2022-03-01 23:59:59") == date(2022, 3, 1)


@pytest.mark.parametrize(
    "value",
    ["2022-02-30", "20220301", "2022-3-1", "2022-03-01T25:00:00", "0001-01-01T00:00:00+14:00", 20220301],
)
def test_what_is_no_day_is_none(value: object) -> None:
    assert date_of(value) is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"null", b"{", b'{"a":NaN}', b'{"a":"\xff"}', b"\xef\xbb\xbf{}"),
        *(b"[" * 100_000, b'{"a":1.' + b"0" * 100 + b"}", b'{"a":1.0e99999999999999999999}'),
        b'{"a":"\\ud800"}',
    ],
)
def test_what_is_not_one_exact_json_object_is_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(SubmissionInvalid) as refused:
        decode_object(body)
    assert [reason.code for reason in refused.value.reasons] == ["malformed_json"]
