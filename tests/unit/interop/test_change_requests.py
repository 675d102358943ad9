"""What a document asks for: to become a claim, to correct one, or to undo one."""

from datetime import date
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, settings

from libs.contracts.intake import ClaimWithdrawn
from libs.interop import Cancellation, Correction, Submission, SubmissionInvalid, WithdrawalReason
from libs.interop.fhir import (
    encode_bundle,
    parse_bundle_request,
    parse_claim_request,
    systems,
    to_bundle,
    to_correction_bundle,
    to_void_claim,
    version_of,
)
from libs.interop.national import parse_request, to_cancellation, to_correction, to_national
from libs.interop.national.requests import REASONS
from libs.testing.submissions import a_submission, submissions

SUBMISSION = a_submission()
NAME = (SUBMISSION.hospital_id, SUBMISSION.submission_id)
CLAIM_ID = "00000000-0000-5000-8000-000000000001"


def asked_by(bundle: dict[str, Any]) -> Submission | Correction | Cancellation:
    return parse_bundle_request(encode_bundle(bundle), None, claim_id_of=lambda *_: CLAIM_ID)


def claim_in(bundle: dict[str, Any]) -> dict[str, Any]:
    """The entry with the Claim."""
    entry: dict[str, Any] = next(e for e in bundle["entry"] if e["resource"]["resourceType"] == "Claim")
    return entry


def codes(body: bytes) -> list[str]:
    with pytest.raises(SubmissionInvalid) as caught:
        parse_request(body)
    return [reason.code for reason in caught.value.reasons]


@settings(max_examples=20)
@given(submissions())
def test_a_settlement_and_its_correction_are_read_as_they_were_written(submission: Submission) -> None:
    assert parse_request(orjson.dumps(to_national(submission))) == submission
    assert parse_request(orjson.dumps(to_correction(submission, 4))) == Correction(submission, 4)
    assert parse_request(orjson.dumps(to_correction(submission))) == Correction(submission, None)
    assert asked_by(to_bundle(submission)) == submission
    assert asked_by(to_correction_bundle(submission)) == Correction(submission, None)


@pytest.mark.parametrize("reason", get_args(WithdrawalReason))
def test_a_cancellation_is_read_as_it_was_written(reason: WithdrawalReason) -> None:
    cancellation = Cancellation(*NAME, reason, based_on=2)
    assert parse_request(orjson.dumps(to_cancellation(cancellation))) == cancellation


def test_the_reasons_are_those_of_the_contract() -> None:
    contracted = ClaimWithdrawn.model_fields["reason"].annotation
    assert set(REASONS) == set(get_args(WithdrawalReason)) == set(get_args(contracted))


@pytest.mark.parametrize("infno", ["2305", "2208", 2305])
def test_the_national_message_is_a_cancellation(infno: object) -> None:
    data = {"setl_id": NAME[1], "mdtrt_id": "M1", "psn_no": "1"}
    message = {"infno": infno, "fixmedins_code": NAME[0], "input": {"data": data}}
    assert parse_request(orjson.dumps(message)) == Cancellation(*NAME)
    bare = {"infno": infno, "fixmedins_code": NAME[0], "data": data}
    assert parse_request(orjson.dumps(bare)) == Cancellation(*NAME)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"huiji": {"action": "cancel"}}, ["missing", "missing", "missing"]),
        ({"infno": "2305"}, ["missing", "missing", "missing"]),
        (
            {"setlinfo": {"fixmedins_code": "H 1", "setl_id": "S"}, "huiji": {"action": "cancel"}},
            ["wrong_format"],
        ),
        (
            {"setlinfo": {"fixmedins_code": "H1", "setl_id": "S"}, "huiji": {"action": "undo"}},
            ["unknown_code"],
        ),
    ],
)
def test_what_is_wrong_with_a_cancellation_is_said(document: dict[str, Any], expected: list[str]) -> None:
    assert codes(orjson.dumps(document))[: len(expected)] == expected


@pytest.mark.parametrize("revision", ["2", 0, -1, 1.5, 10**7, [], True])
def test_a_revision_is_a_whole_number(revision: object) -> None:
    document = to_correction(SUBMISSION)
    document["huiji"]["based_on_revision"] = revision
    assert codes(orjson.dumps(document)) == ["wrong_type"]


def test_a_correction_is_checked_like_a_settlement() -> None:
    document = to_correction(SUBMISSION)
    document["setlinfo"]["medfee_sumamt"] = "1.00"
    document["huiji"]["action"] = "amend"
    assert codes(orjson.dumps(document))[0] == "unknown_code"
    assert len(codes(orjson.dumps(document))) > 1
    with pytest.raises(SubmissionInvalid):
        parse_request(orjson.dumps(to_correction(SUBMISSION)), date(2022, 3, 1))


@pytest.mark.parametrize("bundle_type", ["transaction", "collection"])
def test_a_void_claim_in_a_bundle_cancels(bundle_type: str) -> None:
    bundle = to_bundle(SUBMISSION)
    bundle["type"] = bundle_type
    claim_in(bundle)["resource"]["status"] = "entered-in-error"
    assert asked_by(bundle) == Cancellation(*NAME, "entered_in_error")


def test_a_draft_is_no_cancellation() -> None:
    bundle = to_bundle(SUBMISSION)
    claim_in(bundle)["resource"]["status"] = "draft"
    with pytest.raises(SubmissionInvalid) as caught:
        asked_by(bundle)
    assert "void" in [reason.code for reason in caught.value.reasons]


def test_an_entry_that_is_put_at_its_claim_corrects_the_revision_it_matches() -> None:
    bundle = to_bundle(SUBMISSION)
    entry = claim_in(bundle)
    entry["request"] = {"method": "PUT", "url": f"Claim/{CLAIM_ID}", "ifMatch": 'W/"3"'}
    assert asked_by(bundle) == Correction(SUBMISSION, 3)
    entry["request"] = {"method": "PUT", "url": "Claim/of-the-hospital"}
    assert asked_by(bundle) == SUBMISSION
    entry["request"] = {"method": "PUT", "url": f"Claim/{CLAIM_ID}", "ifMatch": "three"}
    with pytest.raises(SubmissionInvalid):
        asked_by(bundle)


@pytest.mark.parametrize(
    ("code", "other", "outcome"),
    [
        ("replaces", {"reference": f"Claim/{CLAIM_ID}"}, Correction(SUBMISSION)),
        ("prior", {"reference": f"http://huiji/fhir/Claim/{CLAIM_ID}/_history/2"}, Correction(SUBMISSION)),
        ("prior", {"identifier": {"system": systems.SETTLEMENT_ID, "value": "S-other"}}, SUBMISSION),
        ("associated", {"identifier": {"value": SUBMISSION.submission_id}}, SUBMISSION),
    ],
)
def test_only_a_claim_related_to_its_own_settlement_corrects(
    code: str, other: dict[str, Any], outcome: Submission | Correction
) -> None:
    bundle = to_correction_bundle(SUBMISSION)
    related = claim_in(bundle)["resource"]["related"][0]
    related["claim"] = other
    related["relationship"]["coding"][0]["code"] = code
    assert asked_by(bundle) == outcome


def test_a_claim_alone_cancels_and_needs_to_name_hospital_and_settlement() -> None:
    claim = to_void_claim(Cancellation(*NAME))
    assert parse_claim_request(orjson.dumps(claim)) == Cancellation(*NAME)
    del claim["provider"]["identifier"], claim["identifier"]
    claim["status"] = "active"
    with pytest.raises(SubmissionInvalid) as caught:
        parse_claim_request(orjson.dumps(claim))
    assert [reason.code for reason in caught.value.reasons] == ["settlement_missing", "missing", "missing"]
    with pytest.raises(SubmissionInvalid) as caught:
        parse_claim_request(b'{"resourceType": "Patient"}')
    assert [reason.code for reason in caught.value.reasons] == ["not_a_claim"]


@pytest.mark.parametrize(("etag", "revision"), [(None, None), ("*", None), ('"2"', 2), (' W/"12" ', 12)])
def test_an_if_match_names_a_revision(etag: str | None, revision: int | None) -> None:
    assert version_of(etag) == revision


@pytest.mark.parametrize("etag", ["2", '"0"', '"-1"', '"two"', '"1", "2"', ""])
def test_another_if_match_is_refused(etag: str) -> None:
    with pytest.raises(ValueError, match="If-Match"):
        version_of(etag)
