"""What is kept of a refused submission, whose it is, and what of it may stand in clear."""

import base64
import os
import zlib
from typing import Any

import pytest

from libs.contracts.intake import RefusalReason
from libs.interop import Refusal
from libs.testing.submissions import an_identity_number
from services.intake.domain.filing import Original, Sending
from services.intake.domain.refusing import (
    Refusing,
    identity_number_in,
    is_conflict,
    is_syntax,
    names_in,
)
from services.intake.domain.registering import (
    DEFLATED_BYTES_MAX,
    READABLE_BYTES,
    original_document,
)

NUMBER = an_identity_number()
OTHER_NUMBER = an_identity_number(order=202)


def a_reason(code: str = "missing") -> RefusalReason:
    return RefusalReason(code=code, location="/setlinfo/certno", sentence="certno is required")


def a_refusing(body: bytes = b"{}", **changes: Any) -> Refusing:
    values: dict[str, Any] = {
        "reasons": (a_reason(),),
        "sending": Sending("settlement_http", Original("application/json", body)),
        "content_digest": "c1",
        "person_id": None,
        "hospital_id": None,
        "submission_id": None,
    }
    return Refusing(**(values | changes))


def test_the_same_bytes_refused_for_the_same_reasons_are_one_refusal() -> None:
    again = Sending("settlement_http", Original("application/json", b"{}"), traceparent="00-1-2-01")
    assert a_refusing().refusal_id == a_refusing(sending=again).refusal_id
    assert a_refusing().refusal_id != a_refusing(content_digest="c2").refusal_id
    assert a_refusing().refusal_id != a_refusing(reasons=(a_reason("void"),)).refusal_id


def test_an_unknown_persons_refusal_has_a_key_of_its_own() -> None:
    refusing = a_refusing()
    assert refusing.owner == f"r_{refusing.refusal_id}"
    assert a_refusing(person_id="p_" + "1" * 32).owner == "p_" + "1" * 32


@pytest.mark.parametrize("submission_id", ["张三", "a b", "x" * 65, ""])
def test_a_text_that_is_no_id_is_not_kept_in_clear(submission_id: str) -> None:
    assert names_in(Refusal((), hospital_id="H 1", submission_id=submission_id)) == (None, None)


def test_well_formed_ids_are_kept() -> None:
    assert names_in(Refusal((), hospital_id="H1", submission_id="S/1#2")) == ("H1", "S/1#2")


def test_the_reader_knows_best_whose_a_submission_is() -> None:
    refusal = Refusal((), id_number=NUMBER)
    assert identity_number_in(refusal, OTHER_NUMBER.encode()) == NUMBER


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f'{{"x": "{NUMBER}"}}', NUMBER),
        (f'{{"x": "{NUMBER}", "y": "{NUMBER.lower()}"}}', NUMBER),
        (f'{{"x": "{NUMBER}", "y": "{OTHER_NUMBER}"}}', None),
        (f'{{"x": "1{NUMBER}"}}', None),
        (f'{{"x": "{NUMBER[:17]}{"1" if NUMBER[17] != "1" else "2"}"}}', None),
        ("{}", None),
    ],
)
def test_the_only_valid_number_in_the_text_tells_whose_it_is(body: str, found: str | None) -> None:
    assert identity_number_in(Refusal(()), body.encode()) == found


def test_syntax_and_conflicts_are_told_apart() -> None:
    assert is_syntax((a_reason("malformed_json"),))
    assert is_conflict((a_reason("submission_id_taken"),))
    assert not is_syntax((a_reason(),))
    assert not is_conflict((a_reason(),))


def test_a_small_text_is_kept_readable() -> None:
    assert original_document(a_refusing(b'{"a":1}')) == {
        "content_type": "application/json",
        "body": '{"a":1}',
    }


@pytest.mark.parametrize("body", [b"\xff\x00", b"[1]" * READABLE_BYTES])
def test_other_bytes_are_kept_whole_in_a_smaller_form(body: bytes) -> None:
    document = original_document(a_refusing(body))
    assert zlib.decompress(base64.b64decode(document["body_deflated"])) == body
    assert document["kept_bytes"] == document["of_bytes"] == len(body)


def test_of_noise_too_large_for_an_event_the_beginning_is_kept_and_said_so() -> None:
    noise = os.urandom(700 * 1024)
    document = original_document(a_refusing(noise))
    kept = zlib.decompress(base64.b64decode(document["body_deflated"]))
    assert noise.startswith(kept)
    assert len(kept) == document["kept_bytes"] == DEFLATED_BYTES_MAX
    assert document["of_bytes"] == len(noise)
    sealed = len(document["body_deflated"]) * 4 // 3
    assert sealed < 900_000
