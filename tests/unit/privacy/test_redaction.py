"""What the log may say: ids, amounts, times and codes; never a person's data."""

import json
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from libs.privacy import PersonalDataInLog, PersonalDataRedactor, Pseudonymiser
from libs.privacy.pseudonym import check_character
from libs.privacy.redaction import PERSONAL_FIELDS, redact_numbers

id_numbers = st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{9}", fullmatch=True).map(
    lambda body: body + check_character(body)
)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
surroundings = st.text(max_size=12)


def logged(**fields: object) -> dict[str, object]:
    return dict(PersonalDataRedactor()(None, "info", {"event": "something_happened", **fields}))


def nested(value: object, shape: int) -> object:
    return [value, {"detail": value}, [{"found": [value]}], ("ok", value), {str(value): 1}][shape]


@given(id_number=id_numbers, before=surroundings, after=surroundings, shape=st.integers(0, 4))
def test_no_identity_number_passes_wherever_it_stands(
    id_number: str, before: str, after: str, shape: int
) -> None:
    line = logged(detail=nested(f"{before}{id_number}{after}", shape))
    assert id_number not in repr(line)


@given(mobile=mobiles, before=surroundings, after=surroundings, shape=st.integers(0, 4))
def test_no_mobile_number_passes_wherever_it_stands(mobile: str, before: str, after: str, shape: int) -> None:
    # Between other digits it is not a mobile number but a part of some other figure.
    inside = (
        f"{before}|{mobile}|{after}"
        if before[-1:].isdigit() or after[:1].isdigit()
        else before + mobile + after
    )
    assert mobile not in repr(logged(detail=nested(inside, shape)))


@pytest.mark.parametrize(
    "spelling",
    [
        "138 1234 5678",
        "138-1234-5678",
        "+8613812345678",
        "+86 138 1234 5678",
        "013812345678",
        "１３８１２３４５６７８",
        "110105 19491231 002X",
        "6222 0212 3456 7890 123",
        "110105491231002",
        "tel13812345678x",
    ],
)
def test_other_spellings_of_numbers_are_caught_too(spelling: str) -> None:
    redacted = redact_numbers(f"said {spelling}.")
    assert "[number]" in redacted or "[phone]" in redacted
    assert not any(character.isdigit() for character in redacted)


@pytest.mark.parametrize("field", sorted(PERSONAL_FIELDS))
@pytest.mark.parametrize("value", ["王小明", 13812345678, {"any": "thing"}, None])
def test_a_personal_field_loses_its_value_whatever_it_is(field: str, value: object) -> None:
    assert logged(**{field: value})[field] == "[redacted]"
    assert logged(details=[{field: value}])["details"] == [{field: "[redacted]"}]


@pytest.mark.parametrize("spelling", ["id_number", "idNumber", "ID-Number", "psn_cert_no", "psnCertNo"])
def test_the_spelling_of_a_field_does_not_matter(spelling: str) -> None:
    assert logged(**{spelling: "x"})[spelling] == "[redacted]"


def test_where_it_refuses_a_personal_field_is_an_error_that_names_the_field_only() -> None:
    with pytest.raises(PersonalDataInLog) as caught:
        PersonalDataRedactor(refuse=True)(None, "info", {"event": "x", "phone": "13812345678"})
    assert "phone" in str(caught.value) and "13812345678" not in str(caught.value)


@given(secret=st.binary(min_size=32, max_size=32), text=st.text(min_size=1), uuid=st.uuids())
def test_our_own_ids_stay_readable(secret: bytes, text: str, uuid: UUID) -> None:
    person_id = "p_" + Pseudonymiser(secret).digest("test", text)[:32]
    trace_id = f"a{uuid.hex[1:]}"
    line = f"claim-{uuid} person-{person_id} 00-{trace_id}-{trace_id[:16]}-01"
    assert redact_numbers(line) == line


def test_amounts_times_positions_and_counts_stay() -> None:
    at = datetime(2026, 10, 3, 8, 30, tzinfo=UTC)
    fields = {
        "paid_fen": 13812345678,
        "position": 987654321,
        "at": at,
        "ratio": 0.25,
        "took": "12.5 ms",
        "ok": True,
    }
    line = logged(**fields)
    assert {key: line[key] for key in fields} == fields
    assert (
        redact_numbers("2026-10-03T08:30:00.123456+00:00 shard 3")
        == "2026-10-03T08:30:00.123456+00:00 shard 3"
    )


def test_an_identity_number_as_an_integer_is_caught() -> None:
    assert logged(detail=110105194912310021)["detail"] == "[number]"


def test_models_and_bytes_are_named_not_printed() -> None:
    class Patient(BaseModel):
        full: str = "王小明"

    line = logged(patient=Patient(), raw="王小明".encode(), error=ValueError("call 13812345678"))
    assert line["patient"] == "<Patient>" and line["raw"] == "<bytes>"
    assert line["error"] == "ValueError: call [phone]"


def test_a_structure_without_end_is_cut() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "<list>" in repr(logged(detail=endless))


@given(text=st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact_numbers(redact_numbers(text)) == redact_numbers(text)


def test_a_traceback_in_the_final_line_carries_no_number() -> None:
    output = StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(output),
        wrapper_class=structlog.make_filtering_bound_logger(0),
        processors=[PersonalDataRedactor(), structlog.processors.JSONRenderer()],
    )
    try:
        raise ValueError("no person 11010519491231002X")
    except ValueError:
        logger.exception("lookup_failed", claim_id="c-1")
    line = json.loads(output.getvalue())
    assert "11010519491231002X" not in output.getvalue()
    assert "ValueError: no person [number]" in line["exception"] and line["claim_id"] == "c-1"
