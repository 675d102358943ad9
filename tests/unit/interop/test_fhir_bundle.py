import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from libs.interop import SubmissionInvalid
from libs.interop.fhir import encode_bundle, operation_outcome, parse_bundle, systems, to_bundle
from libs.interop.national import parse_settlement, to_national
from libs.interop.submission import Submission
from libs.testing.submissions import a_submission, an_identity_number, submissions


def a_bundle(**changes: Any) -> dict[str, Any]:
    """A Bundle by resource type: `changes` are merged into the resource of that name."""
    bundle = copy.deepcopy(to_bundle(a_submission()))
    for entry in bundle["entry"]:
        entry["resource"] |= changes.get(entry["resource"]["resourceType"], {})
    return bundle


def without(*kinds: str) -> dict[str, Any]:
    bundle = a_bundle()
    bundle["entry"] = [one for one in bundle["entry"] if one["resource"]["resourceType"] not in kinds]
    return bundle


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind
    )
    return found


def refused(bundle: Any) -> list[tuple[str, str]]:
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(encode_bundle(bundle))
    return [(reason.code, reason.location) for reason in error.value.reasons]


@given(submissions())
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back_to_the_fen(submission: Submission) -> None:
    assert parse_bundle(encode_bundle(to_bundle(submission))) == submission


@given(submissions())
@settings(max_examples=30, deadline=None)
def test_one_bill_is_the_same_submission_by_either_protocol(submission: Submission) -> None:
    by_fhir = parse_bundle(encode_bundle(to_bundle(submission, "collection")))
    by_json = parse_settlement(msgspec.json.encode(to_national(submission)))
    assert by_fhir.digest() == by_json.digest()


def test_a_bundle_without_settlement_says_what_is_missing_and_whom_it_concerns() -> None:
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(encode_bundle(without("Claim", "ClaimResponse")))
    (reason,) = error.value.reasons
    assert reason.code == "settlement_missing"
    assert "no Claim with the bill and no ClaimResponse or ExplanationOfBenefit" in reason.sentence
    assert error.value.refusal.id_number == an_identity_number()
    assert error.value.refusal.hospital_id == "H41050200301"


def test_a_bill_without_basic_insurances_answer_is_no_settlement() -> None:
    assert refused(without("ClaimResponse")) == [("settlement_missing", "Bundle.entry")]
    assert refused(without("Claim")) == [("settlement_missing", "Bundle.entry")]


def test_an_explanation_of_benefit_can_be_bill_and_answer_in_one() -> None:
    bundle = without("ClaimResponse")
    claim = resource(bundle, "Claim")
    answer = resource(a_bundle(), "ClaimResponse")
    buckets = {item["itemSequence"]: item["adjudication"] for item in answer["item"]}
    claim |= {
        "resourceType": "ExplanationOfBenefit",
        "outcome": "complete",
        "insurer": {"display": "医保中心"},
        "insurance": [{"focal": True, "coverage": claim["insurance"][0]["coverage"]}],
        "item": [item | {"adjudication": buckets[item["sequence"]]} for item in claim["item"]],
        "total": answer["total"],
    }
    del claim["priority"]
    assert parse_bundle(encode_bundle(bundle)) == a_submission()


def test_structural_faults_are_told_with_their_fhirpath() -> None:
    bundle = a_bundle(Claim={"colour": "red"}, Patient={"birthDate": 1969})
    del resource(bundle, "Encounter")["status"]
    assert refused(bundle) == [
        ("wrong_type", "Bundle.entry[0].resource.birthDate"),
        ("missing", "Bundle.entry[3].resource"),
        ("unknown_element", "Bundle.entry[5].resource"),
    ]


@pytest.mark.parametrize("status", ["cancelled", "draft", "nonsense"])
def test_only_an_active_bill_is_claimed(status: str) -> None:
    assert refused(a_bundle(Claim={"status": status})) == [("void", "Bundle.entry[5].resource.status")]


def test_resources_of_other_types_are_carried_along_unread() -> None:
    bundle = a_bundle()
    bundle["entry"].append({"resource": {"resourceType": "Observation", "anything": [1]}})
    assert parse_bundle(encode_bundle(bundle)) == a_submission()


@pytest.mark.parametrize("body", [b"{}", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle"}'])
def test_what_is_no_bundle_is_refused(body: bytes) -> None:
    with pytest.raises(SubmissionInvalid):
        parse_bundle(body)


def test_several_wrong_things_are_told_at_once() -> None:
    bundle = a_bundle(
        Encounter={"status": "in-progress"}, Organization={"identifier": []}, Coverage={"extension": []}
    )
    resource(bundle, "ClaimResponse")["total"].pop(0)
    resource(bundle, "Claim")["item"][0]["net"]["currency"] = "USD"
    assert refused(bundle) == [
        ("missing", "Bundle.entry[1].resource.identifier"),
        ("missing", "Bundle.entry[2].resource.extension"),
        ("not_discharged", "Bundle.entry[3].resource.status"),
        ("missing", "Bundle.entry[6].resource.total"),
        ("wrong_currency", "Bundle.entry[5].resource.item[0].net.currency"),
    ]


def test_a_reference_to_what_is_not_there_is_told() -> None:
    bundle = a_bundle(Claim={"patient": {"reference": "Patient/nobody"}})
    assert ("reference_unresolved", "Bundle.entry[5].resource.patient") in refused(bundle)


@pytest.mark.parametrize(
    "reference",
    [
        "Organization/hospital-1",
        "https://his.example/fhir/Organization/hospital-1",
        "https://his.example/fhir/Organization/hospital-1/_history/3",
        f"Organization?identifier={systems.HOSPITAL_ID}|H41050200301",
        "#own",
    ],
)
def test_references_are_followed_in_every_form_that_senders_use(reference: str) -> None:
    bundle = a_bundle(Organization={"id": "hospital-1"})
    claim = resource(bundle, "Claim")
    claim["provider"] = {"reference": reference}
    if reference.startswith("#"):
        claim["contained"] = [resource(bundle, "Organization") | {"id": "own"}]
    assert parse_bundle(encode_bundle(bundle)) == a_submission()


def test_a_logical_reference_by_identifier_is_followed() -> None:
    identifier = {"system": systems.HOSPITAL_ID, "value": "H41050200301"}
    bundle = a_bundle(Claim={"provider": {"identifier": identifier}})
    bundle["entry"][3]["resource"].pop("serviceProvider")
    assert parse_bundle(encode_bundle(bundle)) == a_submission()


def test_an_outcome_has_an_issue_for_each_reason_and_validates_as_r4_codes() -> None:
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(encode_bundle(without("Claim", "ClaimResponse")))
    outcome = operation_outcome(error.value.reasons)
    (issue,) = outcome["issue"]
    assert (issue["severity"], issue["code"], issue["expression"]) == ("error", "required", ["Bundle.entry"])
    assert "expression" not in operation_outcome(_malformed())["issue"][0]


def _malformed() -> Any:
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(b"<Bundle/>")
    return error.value.reasons


def test_no_sentence_repeats_what_was_sent() -> None:
    bundle = a_bundle(Patient={"name": [{"text": "绝密" * 40}], "gender": "绝密", "telecom": "绝密"})
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(encode_bundle(bundle))
    assert "绝密" not in str(error.value) + "".join(reason.sentence for reason in error.value.reasons)
