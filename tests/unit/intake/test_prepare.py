"""One validation for all ways in."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from libs.interop import Cancellation, Submission, SubmissionInvalid
from libs.interop.fhir import encode_bundle, parse_bundle, to_bundle
from libs.interop.national import parse_request, parse_settlement, to_cancellation, to_correction, to_national
from libs.privacy import Pseudonymiser
from libs.testing.submissions import a_line, a_person, a_settlement, a_submission, one_stop_amounts
from services.intake.domain.filing import Asked, Filing, Original, Sending, Withdrawing
from services.intake.domain.refusing import Refusing
from services.intake.use_cases.prepare import Parse, Prepare

# Already the eleventh in Shanghai.
RECEIVED_AT = datetime(2022, 3, 10, 16, 30, tzinfo=UTC)
PREPARE = Prepare(Pseudonymiser(bytes(32)), lambda: RECEIVED_AT)


def sending(body: bytes, **changes: Any) -> Sending:
    return Sending("settlement_http", Original("application/json", body), **changes)


def sent(**changes: object) -> Sending:
    return sending(orjson.dumps(to_national(a_submission(**changes))))


def filing(parse: Parse, sending: Sending) -> Filing:
    asked = PREPARE.asked(parse, sending)
    assert isinstance(asked, Filing)
    return asked


def test_the_same_bill_has_one_digest_by_every_protocol() -> None:
    by_json = filing(parse_settlement, sent())
    by_fhir = filing(parse_bundle, sending(encode_bundle(to_bundle(a_submission()))))
    assert (by_json.digest, by_json.person_id, by_json.claim_id) == (
        by_fhir.digest,
        by_fhir.person_id,
        by_fhir.claim_id,
    )


@pytest.mark.parametrize(
    "changes",
    [{"note": "x"}, {"person": a_person(name="别人")}, {"invoice_number": None}, {"diagnoses": ()}],
)
def test_any_changed_content_changes_the_digest(changes: dict[str, object]) -> None:
    before = filing(parse_settlement, sent())
    assert filing(parse_settlement, sent(**changes)).digest != before.digest


def test_digests_are_keyed() -> None:
    other = Prepare(Pseudonymiser(bytes([1]) * 32), lambda: RECEIVED_AT)
    first, second = PREPARE.asked(parse_settlement, sent()), other.asked(parse_settlement, sent())
    assert isinstance(first, Filing)
    assert isinstance(second, Filing)
    assert len({first.digest, second.digest, a_submission().digest()}) == 3
    keys = [one.sending("fhir_http", Original("", b""), "k", None).mark for one in (PREPARE, other)]
    assert len({*keys, "k"}) == 3


def test_a_refusal_knows_its_person_by_the_number_that_could_be_read() -> None:
    document = to_national(a_submission())
    document["setlinfo"]["medfee_sumamt"] = "1.00"
    refused = PREPARE.either(parse_settlement, sending(orjson.dumps(document)))
    accepted = PREPARE.either(parse_settlement, sent())
    assert isinstance(refused, Refusing)
    assert isinstance(accepted, Filing)
    assert refused.person_id == accepted.person_id
    assert refused.submission_id == accepted.submission.submission_id


def test_a_name_in_place_of_an_id_is_not_carried_on() -> None:
    document = to_national(a_submission())
    document["setlinfo"]["setl_id"] = "某某某"
    refused = PREPARE.either(parse_settlement, sending(orjson.dumps(document)))
    assert isinstance(refused, Refusing)
    assert refused.submission_id is None
    assert "某某某" not in str(refused.reasons)


def test_a_settlement_too_large_for_an_event_is_refused_and_says_so() -> None:
    lines = tuple(a_line(number, 100, name="名" * 60) for number in range(1, 2_601))
    huge = sent(lines=lines, settlement=a_settlement(260_000, 0, 10_000))
    with pytest.raises(SubmissionInvalid) as caught:
        PREPARE.asked(parse_settlement, huge)
    assert [reason.code for reason in caught.value.reasons] == ["too_large"]


def test_an_id_made_of_the_persons_number_is_refused_and_not_kept() -> None:
    number = a_submission().person.id_number
    centres = one_stop_amounts(("SBNYL", 0, 1), reference=f"YZS-{number.lower()}")
    for telling in (sent(submission_id=f"20260301-{number.lower()}"), sent(one_stop=centres)):
        refused = PREPARE.either(parse_settlement, telling)
        assert isinstance(refused, Refusing)
        assert [reason.code for reason in refused.reasons] == ["personal_number_in_id"]
        assert refused.submission_id is None
        assert refused.person_id == PREPARE.pseudonymiser.person_id(number)


def discharged_on(day: date) -> Submission:
    submission = a_submission()
    visit = submission.visit.model_copy(update={"discharged_on": day})
    return submission.model_copy(update={"visit": visit})


def by_json(submission: Submission) -> Asked | Refusing:
    body = orjson.dumps(to_national(submission))
    return PREPARE.either(parse_settlement, sending(body))


def by_fhir(submission: Submission) -> Asked | Refusing:
    body = encode_bundle(to_bundle(submission))
    return PREPARE.either(parse_bundle, sending(body))


@pytest.mark.parametrize(
    ("taken_in", "location"),
    [(by_json, r"/setlinfo/enddate"), (by_fhir, r"Bundle\.entry\[\d+\]\.resource\.period\.end")],
)
def test_a_discharge_after_the_day_of_receipt_in_shanghai_is_refused(
    taken_in: Callable[[Submission], Asked | Refusing], location: str
) -> None:
    assert isinstance(taken_in(discharged_on(date(2022, 3, 11))), Filing)
    refused = taken_in(discharged_on(date(2022, 3, 12)))
    assert isinstance(refused, Refusing)
    (reason,) = refused.reasons
    assert reason.code == "discharged_in_future"
    assert re.fullmatch(location, reason.location)
    assert "2022-03-11" in reason.sentence


def test_a_correction_is_the_filing_of_the_same_content_that_says_so() -> None:
    registering = filing(parse_request, sent())
    correcting = filing(parse_request, sending(orjson.dumps(to_correction(a_submission(), based_on=3))))
    assert (registering.corrects, correcting.corrects, correcting.based_on) == (False, True, 3)
    assert (correcting.digest, correcting.claim_id) == (registering.digest, registering.claim_id)


def test_a_cancellation_needs_to_name_nobody() -> None:
    submission = a_submission()
    shortest = Cancellation(submission.hospital_id, submission.submission_id)
    asked = PREPARE.asked(parse_request, sending(orjson.dumps(to_cancellation(shortest))))
    assert isinstance(asked, Withdrawing)
    assert (asked.name, asked.person_id) == ((submission.hospital_id, submission.submission_id), None)


def test_who_a_cancellation_does_name_is_known_to_its_refusal() -> None:
    person = a_submission().person
    document = to_cancellation(Cancellation("H1", "S1")) | {"psn": person.id_number}
    asked = PREPARE.asked(parse_request, sending(orjson.dumps(document)))
    assert isinstance(asked, Withdrawing)
    assert asked.person_id == PREPARE.pseudonymiser.person_id(person.id_number)
    telling = to_cancellation(Cancellation("H1", f"S{person.id_number}")) | {"psn": person.id_number}
    refused = PREPARE.either(parse_request, sending(orjson.dumps(telling)))
    assert isinstance(refused, Refusing)
    assert (refused.submission_id, refused.person_id) == (None, asked.person_id)
