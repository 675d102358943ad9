"""What is read at once is what is read field by field; what is not usual is left to the latter."""

import copy
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.interop import Procedure, Submission
from libs.interop.national import to_correction, to_national
from libs.interop.national.requests import read_request
from libs.interop.national.usual import read_usual
from libs.testing.submissions import a_line, a_submission, submissions

TODAY = date(2024, 10, 31)
_ALL = to_national(
    a_submission(
        lines=(a_line(1, 100_000, days_supply=7), a_line(2, 50_000, self_funded_fen=50_000)),
        procedures=(Procedure(code="99.2503", name="静脉注射化疗药物"),),
        note="自费药品已告知",
    )
)
_PLACES = [
    (part, number, name)
    for part in ("setlinfo", "huiji", "feedetail", "diseinfo", "oprninfo")
    for number, fields in enumerate(_ALL[part] if isinstance(_ALL[part], list) else [_ALL[part]])
    for name in fields
]
_OTHER = st.one_of(
    st.sampled_from((None, "", 0, 1, True, 5_001, 10**30, [], {}, [{}], "0", "1", "01", "02", "11", "310")),
    st.sampled_from(
        ("0.00", ".50", "1", "1.5", "1.500", "1.0000", "-1.00", "+1.00", "1_0.00", "1.00 ", "1.00\n")
    ),
    st.sampled_from(
        ("９.00", "٣.00", "9" * 14 + ".00", "9" * 15 + ".00", "999999999.000", "register", "inpatient")
    ),
    st.sampled_from(
        ("2022-03-01", "2022-03-01 08:00:00", "0001-01-01", "2022-02-30", "2019-03-05", "2025-01-01")
    ),
    st.sampled_from(("110105", "41050219690315101x", "a b", "a\u3000b", "a\nb", "a\x00b", "a\x7f", "990404")),
    st.sampled_from(("x" * 40, "x" * 41, "x" * 64, "x" * 65, "x" * 200, "x" * 201, "x" * 2_001)),
)


def both(document: dict[str, Any]) -> tuple[Submission | None, Any]:
    """At once, and field by field, of the same bytes."""
    exact = msgspec.json.decode(msgspec.json.encode(document))
    at_once = read_usual(exact, TODAY)
    return at_once, None if at_once is None else read_request(exact, TODAY)


@given(submissions().filter(lambda submission: submission.one_stop is None))
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_usual_and_read_alike(submission: Submission) -> None:
    at_once, by_field = both(to_national(submission))
    texts = [submission.person.name, submission.encounter_id or "", submission.note or ""]
    texts += [one.name for one in submission.lines]
    texts += [one.name for one in submission.diagnoses]
    texts += [one.name for one in submission.procedures]
    assert at_once == by_field
    if "".join(texts).isprintable():
        assert at_once == submission
        assert at_once is not None
        assert at_once.canonical() == submission.canonical()


@given(st.lists(st.tuples(st.sampled_from(_PLACES), _OTHER | st.just(...)), min_size=1, max_size=3))
@settings(max_examples=250, deadline=None)
def test_what_is_changed_is_read_alike_or_left_to_be_told(changes: list[tuple[Any, Any]]) -> None:
    document = copy.deepcopy(_ALL)
    for (part, number, name), value in changes:
        fields = document[part][number] if isinstance(document[part], list) else document[part]
        if value is ...:
            fields.pop(name, None)
        else:
            fields[name] = copy.deepcopy(value)
    at_once, by_field = both(document)
    assert at_once == by_field
    assert at_once is None or at_once.digest() == by_field.digest()


@pytest.mark.parametrize("part", ["setlinfo", "huiji", "feedetail", "diseinfo", "oprninfo", "infno", "input"])
@pytest.mark.parametrize("value", [None, "", {}, [], [{}], [None], "2208", 2305, ...])
def test_a_part_that_is_not_there_or_another_thing(part: str, value: Any) -> None:
    document = copy.deepcopy(_ALL)
    document[part] = value
    if value is ...:
        del document[part]
    at_once, by_field = both(document)
    assert at_once == by_field


def test_corrections_and_what_a_centre_has_settled_are_not_usual() -> None:
    assert both(to_correction(a_submission()))[0] is None
    assert both(_ALL | {"huiji": {"one_stop": {}}})[0] is None
    assert both(_ALL | {"huiji": {"based_on_revision": 1}})[0] is None


def test_a_discharge_after_the_day_of_receipt_is_left_to_be_told() -> None:
    document = to_national(a_submission())
    discharged = a_submission().visit.discharged_on
    assert read_usual(document, discharged) is not None
    assert read_usual(document, discharged.replace(day=discharged.day - 1)) is None
