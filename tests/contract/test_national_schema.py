import json
from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from libs.interop import Cancellation
from libs.interop.national import (
    parse_request,
    parse_settlement,
    to_cancellation,
    to_correction,
    to_national,
)
from libs.interop.national.cancellation_schema import cancellation_schema
from libs.interop.national.schema import PUBLISHED, PUBLISHED_CANCELLATION, national_schema
from libs.synthetic.published_examples import published_examples

EXAMPLE = Path("docs/schemas/examples/national-settlement.json")


def test_the_published_schema_is_what_the_reader_reads() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json.loads(json.dumps(national_schema()))


def test_the_published_example_is_accepted_by_schema_and_reader() -> None:
    validator = jsonschema_rs.Draft202012Validator(national_schema())
    assert validator.is_valid(json.loads(EXAMPLE.read_bytes()))
    assert parse_settlement(EXAMPLE.read_bytes()).submission_id


def test_every_worked_example_satisfies_the_schema() -> None:
    validator = jsonschema_rs.Draft202012Validator(national_schema())
    for example in published_examples():
        for submission in example.submissions:
            assert validator.is_valid(orjson.loads(orjson.dumps(to_national(submission))))


@pytest.mark.parametrize(("field", "value"), [("medfee_sumamt", "-1"), ("certno", None), ("hosp_lv", "99")])
def test_the_schema_refuses_what_the_reader_refuses(field: str, value: str | None) -> None:
    document = json.loads(EXAMPLE.read_bytes())
    document["setlinfo"][field] = value
    assert not jsonschema_rs.Draft202012Validator(national_schema()).is_valid(document)


def test_the_published_schema_of_cancellations_is_what_the_reader_reads() -> None:
    schema = cancellation_schema()
    assert json.loads(PUBLISHED_CANCELLATION.read_text(encoding="utf-8")) == json.loads(json.dumps(schema))
    validator = jsonschema_rs.Draft202012Validator(schema)
    data = {"setl_id": "S1", "mdtrt_id": "M1", "psn_no": "1"}
    national = {"infno": "2305", "fixmedins_code": "H1", "input": {"data": data}}
    for document in (to_cancellation(Cancellation("H1", "S1", "entered_in_error", 2)), national):
        assert validator.is_valid(document)
        assert isinstance(parse_request(json.dumps(document).encode()), Cancellation)
    assert not validator.is_valid({"infno": "2304", "fixmedins_code": "H1", "input": {"data": data}})


def test_a_correction_satisfies_the_schema_of_settlements() -> None:
    (submission, *_) = published_examples()[0].submissions
    document = orjson.loads(orjson.dumps(to_correction(submission, based_on=1)))
    assert jsonschema_rs.Draft202012Validator(national_schema()).is_valid(document)
