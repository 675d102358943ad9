"""Three ways in, one answer: what is sent becomes one claim, and what is wrong is said completely."""

import concurrent.futures
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from libs.contracts.intake import ClaimRegistered, SubmissionRefused
from libs.eventlog import Recorded
from libs.interop import Submission
from libs.interop.fhir import encode_bundle, to_bundle
from libs.interop.fhir.gate import check_structure
from libs.interop.identity_number import age_on
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES
from libs.interop.national import to_national
from libs.interop.reading import Problems
from libs.testing.hospital import INGRESS, Hospital, national
from libs.testing.services import ServicesUnderTest
from libs.testing.submissions import a_person, a_submission, an_identity_number
from libs.testing.waiting import wait_until


def registered(services: ServicesUnderTest, submission: Submission) -> list[Recorded]:
    """The registrations of a submission in intake's log; there should be one."""
    return [
        recorded
        for recorded in services.log("intake")
        if isinstance(event := recorded.decode(), ClaimRegistered)
        and event.submission_id == submission.submission_id
    ]


def refused(services: ServicesUnderTest, refusal_id: str) -> list[SubmissionRefused]:
    return [one for one in services.said("intake", SubmissionRefused) if one.refusal_id == refusal_id]


def await_registered(services: ServicesUnderTest, submission: Submission) -> Recorded:
    wait_until(lambda: bool(registered(services, submission)), f"{submission.submission_id} is a claim")
    (recorded,) = registered(services, submission)
    return recorded


def in_the_future(submission: Submission) -> Submission:
    """A stay that ends in two days: by then it is tomorrow in Shanghai, wherever the test runs."""
    ends = datetime.now(UTC).date() + timedelta(days=2)
    dates = {"admitted_on": ends - timedelta(days=3), "discharged_on": ends}
    age = {"age_years": age_on(submission.person.birth_date, dates["admitted_on"])}
    return submission.model_copy(update={"visit": submission.visit.model_copy(update=dates | age)})


def changed_in_the_middle(value: bytes) -> bytes:
    middle = len(value) // 2
    return value[:middle] + (b"A" if value[middle : middle + 1] != b"A" else b"B") + value[middle + 1 :]


def test_a_settlement_is_accepted_with_a_claim_id_and_where_to_ask(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    answer = hospital.settle(submission)
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == told["status_url"]
    status = services.get("intake", told["status_url"]).json()
    assert (status["claim_id"], status["submission_id"]) == (told["claim_id"], submission.submission_id)
    assert await_registered(services, submission).stream_id == f"claim-{told['claim_id']}"


def test_the_same_by_every_way_in_is_one_claim_with_the_same_answer(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    first = hospital.settle(submission)
    again = hospital.settle(submission)
    assert (again.status_code, again.content) == (202, first.content)
    assert (first.headers["idempotency-replayed"], again.headers["idempotency-replayed"]) == ("false", "true")
    by_fhir = hospital.bundle(submission, "/fhir/Bundle").json()
    claim_response = next(entry["resource"] for entry in by_fhir["entry"] if "resource" in entry)
    assert claim_response["id"] == first.json()["claim_id"]
    marker = a_submission(submission_id=f"S-{uuid4()}")
    hospital.produce(hospital.encrypted(national(submission), submission.hospital_id))
    hospital.produce(hospital.encrypted(national(marker), marker.hospital_id))
    await_registered(services, marker)
    assert len(registered(services, submission)) == 1


def test_another_content_under_the_same_id_is_a_conflict_and_is_kept(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    claim_id = hospital.settle(submission).json()["claim_id"]
    changed = submission.model_copy(update={"note": "换了内容"})
    answer = hospital.settle(changed)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["claim_id"] == claim_id
    assert [error["code"] for error in problem["errors"]] == ["submission_id_taken"]
    outcome = hospital.bundle(changed)
    assert outcome.status_code == 409
    assert outcome.json()["issue"][0]["code"] == "conflict"
    (kept,) = refused(services, problem["refusal_id"])
    assert kept.person_id == services.pseudonymiser.person_id(submission.person.id_number)
    assert hospital.settle(changed).json()["refusal_id"] == problem["refusal_id"]
    assert len(refused(services, problem["refusal_id"])) == 1
    assert len(registered(services, submission)) == 1


def test_everything_wrong_is_said_at_once_and_nothing_of_the_person(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    document = to_national(submission)
    document["setlinfo"] |= {"psn_name": "", "medfee_sumamt": "一千", "insutype": "999"}
    answer = hospital.post("/settlements", orjson.dumps(document))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/setlinfo/psn_name",
        "/setlinfo/medfee_sumamt",
        "/setlinfo/insutype",
    }
    assert submission.person.id_number not in answer.text
    assert len(refused(services, answer.json()["refusal_id"])) == 1


def test_a_bundle_that_is_not_r4_is_answered_with_the_place_of_each_fault(
    hospital: Hospital, submission: Submission
) -> None:
    bundle = to_bundle(submission)
    bundle["entry"][0]["resource"]["gender"] = "unknown to R4"
    answer = hospital.post("/fhir", encode_bundle(bundle), "application/fhir+json")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[0].resource.gender"]


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("/settlements", b"{", "application/json", 400),
        ("/settlements", b"[{]", "application/json", 400),
        ("/settlements", b'"text"', "application/json", 400),
        ("/settlements", b"\xff", "application/json", 400),
        ("/settlements", b"{}", "text/plain", 415),
        ("/settlements", b"{}", "application/json", 422),
        ("/settlements", b"{" + b" " * MAX_SUBMISSION_BYTES, "application/json", 413),
        ("/fhir", b"{", "application/fhir+json", 400),
        ("/fhir", b'{"resourceType": "Patient"}', "application/fhir+json", 400),
        ("/fhir/Bundle", b"{}", "application/xml", 415),
        ("/fhir", b" " * (MAX_SUBMISSION_BYTES + 1), "application/fhir+json", 413),
    ],
)
def test_each_kind_of_bad_input_has_its_status(
    hospital: Hospital, path: str, body: bytes, content_type: str, status: int
) -> None:
    answer = hospital.post(path, body, content_type)
    assert answer.status_code == status
    if path.startswith("/fhir"):
        assert answer.json()["resourceType"] == "OperationOutcome"
    else:
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_array_has_a_result_for_each_of_its_items(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    other = a_submission(submission_id=f"S-{uuid4()}", person=a_person(an_identity_number(order=303)))
    items = [national(submission), national(submission), b'{"setlinfo": {}}', national(other), b"7"]
    answer = hospital.post("/settlements", b"[" + b",".join(items) + b"]").json()
    assert [result["status"] for result in answer["results"]] == [202, 202, 422, 202, 400]
    assert (answer["accepted"], answer["refused"]) == (3, 2)
    first, second = (answer["results"][index]["claim"] for index in (0, 1))
    assert first == second
    assert len(registered(services, submission)) == len(registered(services, other)) == 1


def test_a_small_array_is_one_transaction(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    others = [a_submission(submission_id=f"S-{uuid4()}") for _ in range(3)]
    hospital.post("/settlements", b"[" + b",".join(map(national, [submission, *others])) + b"]")
    recorded = {one.recorded_at for sent in (submission, *others) for one in registered(services, sent)}
    assert len(recorded) == 1


def test_many_at_once_share_transactions_and_are_each_answered(
    hospital: Hospital, services: ServicesUnderTest
) -> None:
    people = [a_person(an_identity_number(order=order)) for order in range(500, 540)]
    sent = [a_submission(submission_id=f"S-{uuid4()}", person=person) for person in people] * 2
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(hospital.settle, sent))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["claim_id"] for answer in answers}) == 40
    assert all(len(registered(services, submission)) == 1 for submission in sent[:40])


def test_trying_out_says_what_filing_would_and_writes_nothing(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    heads = services.get("intake", "/log/heads").json()
    good, bad = national(submission), b'{"setlinfo": {}}'
    for path in ("/settlements?dry_run=true", "/settlements/$validate"):
        tried = hospital.post(path, good).json()
        assert (tried["valid"], tried["outcome"]) == (True, "would_register")
        # This intake is told of no adjudication, so the check stands without the amount.
        assert tried["estimate"]["because"] == "adjudication_not_connected"
    tried = hospital.post("/settlements/$validate", bad)
    validated = hospital.post(
        "/fhir/Bundle/$validate", encode_bundle(to_bundle(submission)), "application/fhir+json"
    )
    assert (validated.status_code, validated.json()["issue"][0]["severity"]) == (200, "information")
    assert services.get("intake", "/log/heads").json() == heads
    filed = hospital.post("/settlements", bad)
    assert tried.status_code == filed.status_code == 422
    assert tried.json()["errors"] == filed.json()["errors"]
    hospital.settle(submission)
    assert hospital.post("/settlements/$validate", good).json()["outcome"] == "would_replay"
    changed = national(submission.model_copy(update={"note": "x"}))
    assert hospital.post("/settlements?dry_run=true", changed).status_code == 409


def test_a_discharge_in_the_future_is_refused_wherever_it_comes_in(
    hospital: Hospital, submission: Submission
) -> None:
    future = in_the_future(submission)
    for path in ("/settlements", "/settlements?dry_run=true", "/settlements/$validate"):
        answer = hospital.post(path, national(future))
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (422, "discharged_in_future")
        assert error["pointer"] == "/setlinfo/enddate"
    bundle = encode_bundle(to_bundle(future))
    for path, status in (("/fhir", 422), ("/fhir?dry_run=true", 422), ("/fhir/Bundle/$validate", 200)):
        answer = hospital.post(path, bundle, "application/fhir+json")
        (issue,) = [one for one in answer.json()["issue"] if one["severity"] == "error"]
        assert answer.status_code == status
        assert issue["details"]["text"] == "discharged_in_future"
        assert issue["expression"][0].endswith(".period.end")


def test_an_idempotency_key_belongs_to_one_settlement(hospital: Hospital, submission: Submission) -> None:
    key = f"key-{uuid4()}"
    first = hospital.settle(submission, idempotency_key=key)
    assert hospital.settle(submission, idempotency_key=key).content == first.content
    other = a_submission(submission_id=f"S-{uuid4()}")
    reused = hospital.settle(other, idempotency_key=key)
    assert reused.status_code == 422
    assert reused.json()["errors"][0]["code"] == "idempotency_key_reused"
    assert hospital.settle(other, idempotency_key=f"key-{uuid4()}").status_code == 202
    assert hospital.settle(other, idempotency_key="a blank").status_code == 400


def test_a_claim_joins_the_trace_of_its_caller(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    trace_id = uuid4().hex
    answer = hospital.settle(submission, traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")
    assert answer.headers["traceparent"].split("-")[1] == trace_id
    recorded = await_registered(services, submission)
    assert recorded.traceparent is not None
    assert recorded.traceparent.split("-")[1] == trace_id
    spans_file = services.directory / "intake.spans.jsonl"

    def spans() -> list[dict[str, Any]]:
        # What follows the last line's end is still being written.
        written = spans_file.read_text().split("\n")[:-1] if spans_file.exists() else []
        return [span for line in written if trace_id in (span := orjson.loads(line))["context"]["trace_id"]]

    wait_until(lambda: bool(spans()), "the span is written")
    (span,) = spans()
    assert (span["name"], span["kind"]) == ("POST /settlements", "SpanKind.SERVER")
    assert recorded.traceparent.split("-")[2] in span["context"]["span_id"]


def test_each_item_of_an_array_has_a_trace_of_its_own(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    other = a_submission(submission_id=f"S-{uuid4()}")
    hospital.post("/settlements", b"[" + national(submission) + b"," + national(other) + b"]")
    traces = {
        (recorded.traceparent or "").split("-")[1]
        for one in (submission, other)
        for recorded in registered(services, one)
    }
    assert len(traces) == 2


def test_the_capability_statement_and_claim_responses_are_r4(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    statement = services.get("intake", "/fhir/metadata").json()
    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    answered = hospital.bundle(submission).json()
    claim_response = next(entry["resource"] for entry in answered["entry"] if "resource" in entry)
    read = services.get("intake", f"/fhir/ClaimResponse/{claim_response['id']}").json()
    assert read == claim_response
    for bundle in (answered, {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": read}]}):
        problems = Problems()
        check_structure(bundle, problems)
        assert problems.reasons == []
    missing = services.get("intake", f"/fhir/ClaimResponse/{uuid4()}")
    assert (missing.status_code, missing.json()["resourceType"]) == (404, "OperationOutcome")
    assert services.get("intake", "/claims/no-id").status_code == 404


def test_a_record_of_the_topic_becomes_a_claim(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.produce(hospital.encrypted(national(submission), submission.hospital_id))
    event = await_registered(services, submission).decode()
    assert isinstance(event, ClaimRegistered)
    assert event.channel == "settlement_topic"


def test_a_record_of_the_largest_size_passes_the_broker(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    body = national(submission)
    padded = body[:-1] + b" " * (MAX_SUBMISSION_BYTES - len(body)) + b"}"
    hospital.produce(hospital.encrypted(padded, submission.hospital_id))
    await_registered(services, submission)


@pytest.mark.parametrize(
    "reason",
    [
        "not_encrypted",
        "not_decryptable",
        "hospital_mismatch",
        "missing",
        "malformed_json",
        "discharged_in_future",
    ],
)
def test_a_record_that_cannot_be_a_claim_is_kept_sealed_and_its_sender_is_told(
    reason: str, hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital_id, body = submission.hospital_id, national(submission)
    value = {
        "not_encrypted": body,
        "not_decryptable": changed_in_the_middle(hospital.encrypted(body, hospital_id)),
        "hospital_mismatch": hospital.encrypted(body, "H-other"),
        "missing": hospital.encrypted(b'{"setlinfo": {}}', hospital_id),
        "malformed_json": hospital.encrypted(b"{", hospital_id),
        "discharged_in_future": hospital.encrypted(national(in_the_future(submission)), hospital_id),
    }[reason]
    (place,) = hospital.produce(value, reference="ref-77")
    rejection = hospital.await_rejection(place)
    assert reason in {one["code"] for one in rejection["reasons"]}
    assert rejection["reference"] == "ref-77"
    assert submission.person.id_number not in orjson.dumps(rejection).decode()
    (kept,) = refused(services, rejection["refusal_id"])
    assert kept.channel == "settlement_topic"
    assert registered(services, submission) == []
    proven = {"not_encrypted": None, "not_decryptable": hospital_id, "hospital_mismatch": "H-other"}
    assert rejection["hospital_id"] == proven.get(reason, hospital_id)


def test_a_taken_id_on_the_topic_is_told_as_well(
    hospital: Hospital, submission: Submission, services: ServicesUnderTest
) -> None:
    hospital.settle(submission)
    changed = national(submission.model_copy(update={"note": "另一内容"}))
    (place,) = hospital.produce(hospital.encrypted(changed, submission.hospital_id))
    rejection = hospital.await_rejection(place)
    assert [one["code"] for one in rejection["reasons"]] == ["submission_id_taken"]
    assert rejection["submission_id"] == submission.submission_id


def test_a_reference_that_could_be_a_persons_number_is_not_repeated(
    hospital: Hospital, submission: Submission
) -> None:
    (place,) = hospital.produce(b"not encrypted", reference=submission.person.id_number)
    assert hospital.await_rejection(place)["reference"] is None


def test_the_ways_in_are_named(services: ServicesUnderTest) -> None:
    assert INGRESS == "huiji.ingress.settlements"
    paths = services.get("intake", "/openapi.json").json()["paths"]
    assert {"/settlements", "/settlements/$validate", "/fhir", "/fhir/Bundle", "/claims/{claim_id}"} <= set(
        paths
    )
