"""One validation for all ways in."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import orjson
import pytest

from libs.interop import Submission, SubmissionInvalid
from libs.interop.fhir import encode_bundle, parse_bundle, to_bundle
from libs.interop.national import parse_settlement, to_national
from libs.privacy import Pseudonymiser
from libs.testing.submissions import a_line, a_person, a_settlement, a_submission
from services.intake.domain.filing import Filing, Original
from services.intake.domain.refusing import Refusing
from services.intake.use_cases.prepare import Prepare

# Already the eleventh in Shanghai.
RECEIVED_AT = datetime(2022, 3, 10, 16, 30, tzinfo=UTC)
PREPARE = Prepare(Pseudonymiser(bytes(32)), lambda: RECEIVED_AT)


def original(**changes: object) -> Original:
    return Original("application/json", orjson.dumps(to_national(a_submission(**changes))))


def test_the_same_bill_has_one_digest_by_every_protocol() -> None:
    bundle = Original("application/fhir+json", encode_bundle(to_bundle(a_submission())))
    by_json = PREPARE.filing(parse_settlement, "settlement_http", original())
    by_fhir = PREPARE.filing(parse_bundle, "fhir_http", bundle)
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
    before = PREPARE.filing(parse_settlement, "settlement_http", original())
    assert PREPARE.filing(parse_settlement, "settlement_http", original(**changes)).digest != before.digest


def test_digests_are_keyed() -> None:
    other = Prepare(Pseudonymiser(bytes([1]) * 32), lambda: RECEIVED_AT)
    first = PREPARE.filing(parse_settlement, "settlement_http", original(), idempotency_key="k")
    second = other.filing(parse_settlement, "settlement_http", original(), idempotency_key="k")
    assert first.digest != second.digest
    assert first.idempotency_digest != second.idempotency_digest
    assert first.digest != a_submission().digest()


def test_a_refusal_knows_its_person_by_the_number_that_could_be_read() -> None:
    document = to_national(a_submission())
    document["setlinfo"]["medfee_sumamt"] = "1.00"
    refused = PREPARE.either(
        parse_settlement, "settlement_http", Original("application/json", orjson.dumps(document))
    )
    accepted = PREPARE.either(parse_settlement, "settlement_http", original())
    assert isinstance(refused, Refusing)
    assert isinstance(accepted, Filing)
    assert refused.person_id == accepted.person_id
    assert refused.submission_id == accepted.submission.submission_id


def test_a_name_in_place_of_an_id_is_not_carried_on() -> None:
    document = to_national(a_submission())
    document["setlinfo"]["setl_id"] = "某某某"
    refused = PREPARE.either(
        parse_settlement, "settlement_http", Original("application/json", orjson.dumps(document))
    )
    assert isinstance(refused, Refusing)
    assert refused.submission_id is None
    assert "某某某" not in str(refused.reasons)


def test_a_settlement_too_large_for_an_event_is_refused_and_says_so() -> None:
    lines = tuple(a_line(number, 100, name="名" * 60) for number in range(1, 2_601))
    huge = original(lines=lines, settlement=a_settlement(260_000, 0, 10_000))
    with pytest.raises(SubmissionInvalid) as caught:
        PREPARE.filing(parse_settlement, "settlement_http", huge)
    assert [reason.code for reason in caught.value.reasons] == ["too_large"]


def test_an_id_made_of_the_persons_number_is_refused_and_not_kept() -> None:
    number = a_submission().person.id_number
    telling = original(submission_id=f"20260301-{number.lower()}")
    refused = PREPARE.either(parse_settlement, "settlement_http", telling)
    assert isinstance(refused, Refusing)
    assert [reason.code for reason in refused.reasons] == ["personal_number_in_id"]
    assert refused.submission_id is None
    assert refused.person_id == PREPARE.pseudonymiser.person_id(number)


def discharged_on(day: date) -> Submission:
    submission = a_submission()
    visit = submission.visit.model_copy(update={"discharged_on": day})
    return submission.model_copy(update={"visit": visit})


def by_json(submission: Submission) -> Filing | Refusing:
    body = orjson.dumps(to_national(submission))
    return PREPARE.either(parse_settlement, "settlement_http", Original("application/json", body))


def by_fhir(submission: Submission) -> Filing | Refusing:
    body = encode_bundle(to_bundle(submission))
    return PREPARE.either(parse_bundle, "fhir_http", Original("application/fhir+json", body))


@pytest.mark.parametrize(
    ("taken_in", "location"),
    [(by_json, r"/setlinfo/enddate"), (by_fhir, r"Bundle\.entry\[\d+\]\.resource\.period\.end")],
)
def test_a_discharge_after_the_day_of_receipt_in_shanghai_is_refused(
    taken_in: Callable[[Submission], Filing | Refusing], location: str
) -> None:
    assert isinstance(taken_in(discharged_on(date(2022, 3, 11))), Filing)
    refused = taken_in(discharged_on(date(2022, 3, 12)))
    assert isinstance(refused, Refusing)
    (reason,) = refused.reasons
    assert reason.code == "discharged_in_future"
    assert re.fullmatch(location, reason.location)
    assert "2022-03-11" in reason.sentence
