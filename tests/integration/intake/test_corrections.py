"""A hospital corrects and undoes what it has settled, by every way in; the claim keeps its id and its history."""

from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest

from libs.contracts import Event
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn, SubmissionRefused
from libs.interop import Cancellation, Submission
from libs.interop.fhir import encode_bundle, to_bundle, to_correction_bundle, to_void_claim
from libs.interop.fhir.gate import check_structure
from libs.interop.national import to_cancellation, to_correction
from libs.interop.reading import Problems
from libs.testing.hospital import Hospital, national, path_of
from libs.testing.services import ServicesUnderTest
from libs.testing.submissions import a_person, a_settlement, a_submission, an_identity_number
from libs.testing.waiting import PATIENCE_SECONDS, wait_until

FHIR = "application/fhir+json"
SPECIAL = "S/1?#%"


def told_of(services: ServicesUnderTest, submission: Submission) -> list[Event]:
    """What intake has said of the submission's claim, in order."""
    found = [recorded for recorded in services.log("intake") if recorded.stream_id.startswith("claim-")]
    claims = {
        recorded.stream_id
        for recorded in found
        if isinstance(event := recorded.decode(), ClaimRegistered)
        and event.submission_id == submission.submission_id
    }
    return [recorded.decode() for recorded in found if recorded.stream_id in claims]


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def corrected(submission: Submission, note: str = "更正", **changes: Any) -> Submission:
    """The same settlement with another content."""
    return submission.model_copy(update={"note": note, **changes})


def void(submission: Submission, status: str = "cancelled") -> dict[str, Any]:
    reason = "settlement_cancelled" if status == "cancelled" else "entered_in_error"
    return to_void_claim(Cancellation(submission.hospital_id, submission.submission_id, reason))  # type: ignore[arg-type]


def code_of(answer: httpx2.Response) -> str:
    """What was wrong, in either protocol."""
    if answer.headers["content-type"] == FHIR:
        return str(answer.json()["issue"][0]["details"]["text"])
    return str(answer.json()["errors"][0]["code"])


def test_a_corrected_settlement_is_the_next_revision_of_its_claim(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    filed = hospital.settle(submission).json()
    changed = corrected(submission, settlement=a_settlement(pool_fen=70_000))
    answer = hospital.correct(changed)
    assert (answer.status_code, answer.headers["etag"]) == (202, '"2"')
    told = answer.json()
    assert (told["claim_id"], told["status"], told["revision"]) == (filed["claim_id"], "corrected", 2)
    again = hospital.correct(changed)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    first, second = told_of(services, submission)
    assert isinstance(first, ClaimRegistered)
    assert isinstance(second, ClaimCorrected)
    assert (second.revision, second.settlement.pool_fen) == (2, 70_000)
    assert second.submission_digest != first.submission_digest
    status = services.get("intake", told["status_url"])
    assert (status.json()["status"], status.json()["revision"], status.headers["etag"]) == (
        "corrected",
        2,
        '"2"',
    )
    assert [one["revision"] for one in status.json()["revisions"]] == [1, 2]


def test_a_correction_to_the_present_content_changes_nothing(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    answer = hospital.correct(submission)
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (202, "true")
    assert answer.json()["revision"] == 1
    assert kinds(told_of(services, submission)) == ["ClaimRegistered"]


def test_a_cancelled_settlement_is_a_withdrawn_claim_for_good(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    claim_id = hospital.settle(submission).json()["claim_id"]
    answer = hospital.cancel(submission, b'{"reason": "entered_in_error"}')
    assert (answer.status_code, answer.json()["status"]) == (202, "withdrawn")
    again = hospital.cancel(submission)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    withdrawn = told_of(services, submission)[-1]
    assert isinstance(withdrawn, ClaimWithdrawn)
    assert withdrawn.reason == "entered_in_error"
    status = services.get("intake", f"/claims/{claim_id}").json()
    assert (status["status"], status["withdrawn"]["reason"]) == ("withdrawn", "entered_in_error")
    for refused in (hospital.correct(corrected(submission)), hospital.settle(submission)):
        assert (refused.status_code, code_of(refused)) == (409, "claim_withdrawn")
        assert refused.json()["claim_id"] == claim_id
    assert kinds(told_of(services, submission)) == ["ClaimRegistered", "ClaimWithdrawn"]


def test_what_is_unknown_can_be_neither_corrected_nor_cancelled(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    for answer in (hospital.correct(submission), hospital.cancel(submission)):
        assert (answer.status_code, code_of(answer)) == (404, "claim_unknown")
        refusal = services.get("intake", f"/refusals/{answer.json()['refusal_id']}").json()
        assert refusal["errors"] == answer.json()["errors"]
        assert refusal["submission_id"] == submission.submission_id
    assert services.get("intake", f"/refusals/{uuid4()}").status_code == 404
    assert services.get("intake", "/refusals/no-id").status_code == 404


def test_a_correction_cannot_make_it_another_persons_settlement(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    other = a_person(an_identity_number(order=303))
    answer = hospital.correct(submission.model_copy(update={"person": other}))
    assert (answer.status_code, code_of(answer)) == (422, "person_changed")
    assert "Cancel it" in answer.json()["errors"][0]["sentence"]
    (kept,) = [
        event
        for event in services.said("intake", SubmissionRefused)
        if event.refusal_id == answer.json()["refusal_id"]
    ]
    assert kept.person_id == services.pseudonymiser.person_id(other.id_number)


def test_an_older_content_comes_back_only_to_who_knows_the_newest_revision(
    hospital: Hospital, submission: Submission
) -> None:
    hospital.settle(submission)
    hospital.correct(corrected(submission))
    late = hospital.correct(submission)
    assert (late.status_code, code_of(late)) == (409, "revision_superseded")
    stale = hospital.correct(corrected(submission, "二"), if_match='"1"')
    assert (stale.status_code, code_of(stale)) == (412, "revision_conflict")
    meant = hospital.correct(submission, if_match='W/"2"')
    assert (meant.status_code, meant.json()["revision"]) == (202, 3)
    assert hospital.correct(submission, if_match='"two"').status_code == 400
    assert hospital.cancel(submission, if_match='"2"').status_code == 412
    assert hospital.cancel(submission, b'{"based_on_revision": 3}').status_code == 202


def test_a_dry_run_says_what_a_change_would_do_and_does_nothing(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    heads = services.get("intake", "/log/heads").json()
    tried = hospital.correct(corrected(submission), "?dry_run=true")
    assert (tried.json()["valid"], tried.json()["outcome"]) == (True, "would_correct")
    assert hospital.correct(submission, "?dry_run=true").json()["outcome"] == "would_replay"
    cancelling = f"{path_of(submission)}/cancellation?dry_run=true"
    assert hospital.post(cancelling, b"").json()["outcome"] == "would_withdraw"
    document = orjson.dumps(to_correction(corrected(submission)))
    assert hospital.post("/settlements/$validate", document).json()["outcome"] == "would_correct"
    bundle = encode_bundle(to_correction_bundle(corrected(submission)))
    validated = hospital.post("/fhir/Bundle/$validate", bundle, FHIR).json()
    assert validated["issue"][0]["details"]["text"] == "would_correct"
    unknown = a_submission(submission_id=f"S-{uuid4()}")
    assert hospital.correct(unknown, "?dry_run=true").status_code == 404
    assert services.get("intake", "/log/heads").json() == heads


def test_the_path_and_the_body_name_the_same_settlement(hospital: Hospital, submission: Submission) -> None:
    hospital.settle(submission)
    other = submission.model_copy(update={"submission_id": "S-other"})
    answer = hospital.send("PUT", path_of(submission), national(other))
    assert (answer.status_code, code_of(answer)) == (422, "name_mismatch")
    undoing = orjson.dumps(to_cancellation(Cancellation(submission.hospital_id, submission.submission_id)))
    answer = hospital.send("PUT", path_of(submission), undoing)
    assert (answer.status_code, code_of(answer)) == (422, "action_mismatch")


def test_a_settlement_id_may_hold_any_printable_character(hospital: Hospital) -> None:
    submission = a_submission(submission_id=f"{SPECIAL}{uuid4()}")
    hospital.settle(submission)
    assert hospital.correct(corrected(submission)).json()["revision"] == 2
    assert hospital.cancel(submission).json()["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"certno": "1"}', "application/json", 400),
        (b'{"reason": "a whim"}', "application/json", 422),
        (b'{"based_on_revision": "1"}', "application/json", 422),
        (b" " * 5_000, "application/json", 413),
        (b"<x/>", "application/xml", 415),
    ],
)
def test_a_malformed_cancellation_is_a_typed_problem(
    hospital: Hospital, submission: Submission, body: bytes, content_type: str, status: int
) -> None:
    answer = hospital.post(f"{path_of(submission)}/cancellation", body, content_type)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_national_cancellation_message_is_taken_as_it_is(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    data = {"setl_id": submission.submission_id, "mdtrt_id": "M1", "psn_no": "37020000000000001"}
    message = {"infno": "2305", "fixmedins_code": submission.hospital_id, "input": {"data": data}}
    answer = hospital.post("/settlements", orjson.dumps(message))
    assert (answer.status_code, answer.json()["status"]) == (202, "withdrawn")
    assert kinds(told_of(services, submission)) == ["ClaimRegistered", "ClaimWithdrawn"]


def test_an_array_may_file_correct_and_cancel_one_after_the_other(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    undoing = to_cancellation(Cancellation(submission.hospital_id, submission.submission_id))
    items = [
        national(submission),
        orjson.dumps(to_correction(corrected(submission))),
        orjson.dumps(to_correction(corrected(submission))),
        orjson.dumps(undoing),
        orjson.dumps(to_correction(corrected(submission, "三"))),
    ]
    answer = hospital.post("/settlements", b"[" + b",".join(items) + b"]").json()
    assert [result["status"] for result in answer["results"]] == [202, 202, 202, 202, 409]
    assert kinds(told_of(services, submission)) == ["ClaimRegistered", "ClaimCorrected", "ClaimWithdrawn"]


def test_fhir_corrects_by_a_related_claim_and_undoes_by_its_status(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    claim_id = hospital.settle(submission).json()["claim_id"]
    bundle = encode_bundle(to_correction_bundle(corrected(submission)))
    answer = hospital.post("/fhir", bundle, FHIR)
    assert (answer.status_code, answer.headers["etag"]) == (202, 'W/"2"')
    (response,) = [entry["resource"] for entry in answer.json()["entry"] if "resource" in entry]
    assert (response["id"], response["meta"]["versionId"]) == (claim_id, "2")
    put = to_bundle(corrected(submission, "三"))
    entry = next(one for one in put["entry"] if one["resource"]["resourceType"] == "Claim")
    entry["request"] = {"method": "PUT", "url": f"Claim/{claim_id}", "ifMatch": 'W/"1"'}
    conflict = hospital.post("/fhir", encode_bundle(put), FHIR)
    assert (conflict.status_code, code_of(conflict)) == (412, "revision_conflict")
    entry["request"]["ifMatch"] = 'W/"2"'
    assert hospital.post("/fhir", encode_bundle(put), FHIR).headers["etag"] == 'W/"3"'
    undone = hospital.send("PUT", f"/fhir/Claim/{claim_id}", orjson.dumps(void(submission)), FHIR)
    assert (undone.status_code, undone.json()["status"]) == (202, "cancelled")
    read = services.get("intake", f"/fhir/ClaimResponse/{claim_id}").json()
    assert read["status"] == "cancelled"
    problems = Problems()
    check_structure({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": read}]}, problems)
    assert problems.reasons == []
    assert kinds(told_of(services, submission)) == [
        "ClaimRegistered",
        "ClaimCorrected",
        "ClaimCorrected",
        "ClaimWithdrawn",
    ]


def test_a_void_claim_in_a_bundle_needs_no_settlement_with_it(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    entry = {"resource": void(submission, "entered-in-error")}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    answer = hospital.post("/fhir/Bundle", orjson.dumps(bundle), FHIR)
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    withdrawn = told_of(services, submission)[-1]
    assert isinstance(withdrawn, ClaimWithdrawn)
    assert (withdrawn.reason, withdrawn.channel) == ("entered_in_error", "fhir_http")


def test_what_is_wrong_with_a_change_by_fhir_is_an_operation_outcome(
    hospital: Hospital, submission: Submission
) -> None:
    unknown = hospital.post("/fhir", encode_bundle(to_correction_bundle(submission)), FHIR)
    assert (unknown.status_code, code_of(unknown)) == (404, "claim_unknown")
    assert unknown.json()["issue"][0]["code"] == "not-found"
    claim_id = hospital.settle(submission).json()["claim_id"]
    path = f"/fhir/Claim/{claim_id}"
    alone = hospital.send("PUT", path, orjson.dumps(void(submission) | {"status": "active"}), FHIR)
    assert (alone.status_code, code_of(alone)) == (422, "settlement_missing")
    other = void(submission.model_copy(update={"submission_id": "S-other"}))
    assert code_of(hospital.send("PUT", path, orjson.dumps(other), FHIR)) == "name_mismatch"
    replacing = to_correction_bundle(submission)
    claim = next(e["resource"] for e in replacing["entry"] if e["resource"]["resourceType"] == "Claim")
    claim["related"][0]["relationship"]["coding"][0]["code"] = "replaces"
    claim["related"][0]["claim"]["identifier"]["value"] = "S-other"
    answer = hospital.post("/fhir", encode_bundle(replacing), FHIR)
    assert (answer.status_code, code_of(answer)) == (422, "replaces_other")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fhir/Patient/1", 404),
        ("POST", "/fhir/no/such/path", 404),
        ("GET", "/fhir/Bundle", 405),
        ("DELETE", "/fhir/Claim/1", 405),
        ("POST", "/fhir/Bundle?dry_run=perhaps", 400),
        ("GET", "/fhir/ClaimResponse/00000000-0000-4000-8000-000000000000", 404),
    ],
)
def test_whatever_goes_wrong_under_fhir_is_said_in_fhir(
    hospital: Hospital, method: str, path: str, status: int
) -> None:
    answer = hospital.send(method, path, b"", FHIR)
    assert (answer.status_code, answer.headers["content-type"]) == (status, FHIR)
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_the_topic_corrects_and_cancels_by_the_action_in_the_document(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    undoing = to_cancellation(Cancellation(submission.hospital_id, submission.submission_id))
    documents = [
        national(submission),
        orjson.dumps(to_correction(corrected(submission))),
        orjson.dumps(to_correction(corrected(submission, "三"), based_on=2)),
        orjson.dumps(undoing),
    ]
    values = [hospital.encrypted(one, submission.hospital_id) for one in documents]
    hospital.produce(*values, key=submission.hospital_id)
    wait_until(lambda: len(told_of(services, submission)) == 4, "all four are recorded")
    assert kinds(told_of(services, submission))[-1] == "ClaimWithdrawn"
    (place,) = hospital.produce(
        hospital.encrypted(orjson.dumps(to_correction(corrected(submission, "四"))), submission.hospital_id)
    )
    rejection = hospital.await_rejection(place)
    assert [one["code"] for one in rejection["reasons"]] == ["claim_withdrawn"]


def test_no_hospital_cancels_another_ones_settlement_on_the_topic(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    undoing = to_cancellation(Cancellation(submission.hospital_id, submission.submission_id))
    (place,) = hospital.produce(hospital.encrypted(orjson.dumps(undoing), "H-other"))
    rejection = hospital.await_rejection(place)
    assert [one["code"] for one in rejection["reasons"]] == ["hospital_mismatch"]
    assert kinds(told_of(services, submission)) == ["ClaimRegistered"]


def test_a_body_is_refused_before_it_is_in_memory(hospital: Hospital, services: ServicesUnderTest) -> None:
    def endless() -> Any:
        while True:
            yield b" " * 65_536

    with httpx2.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        for method, path in (("PUT", "/settlements/H1/S1"), ("POST", "/fhir")):
            answer = client.request(
                method,
                services.url("intake", path),
                content=endless(),
                headers={"content-type": "application/json"},
            )
            assert answer.status_code == 413


def test_the_openapi_document_says_what_each_request_carries(services: ServicesUnderTest) -> None:
    paths = services.get("intake", "/openapi.json").json()["paths"]
    carrying = {
        ("/settlements", "post"),
        ("/settlements/$validate", "post"),
        ("/settlements/{hospital_id}/{setl_id}", "put"),
        ("/settlements/{hospital_id}/{setl_id}/cancellation", "post"),
        ("/fhir", "post"),
        ("/fhir/Bundle", "post"),
        ("/fhir/Claim/{claim_id}", "put"),
    }
    for path, method in carrying:
        content = paths[path][method]["requestBody"]["content"]
        assert all(media["schema"] for media in content.values())
