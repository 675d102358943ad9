"""What an insurance centre settled comes with the settlement, by either protocol, or is refused in words."""

from typing import Any

import orjson
import pytest

from libs.interop import SubmissionInvalid
from libs.interop.fhir import encode_bundle, parse_bundle, to_bundle
from libs.interop.national import parse_settlement, to_national
from libs.interop.submission import Submission
from libs.testing.submissions import a_submission, one_stop_amounts

AMOUNTS = one_stop_amounts(("SBNYL", 20_000, 10_000), ("SBWYL", 30_000, 5_000))


def refused(**changes: Any) -> list[tuple[str, str]]:
    """Codes and places for a document whose `huiji.one_stop` is changed."""
    document = to_national(a_submission(one_stop=AMOUNTS))
    document["huiji"]["one_stop"] |= changes
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(document))
    return [(reason.code, reason.location) for reason in error.value.reasons]


def test_the_document_has_the_feeds_own_field_names() -> None:
    assert to_national(a_submission(one_stop=AMOUNTS))["huiji"]["one_stop"] == {
        "plan_id": "demo-generic",
        "apply_claim_mode": "3",
        "reference": "YZS2022031000017",
        "settClaSumamt": "150.00",
        "setl_time": "2022-03-10T02:00:00+00:00",
        "liabilities": [
            {"code": "SBNYL", "dedcStd": "200.00", "settClaPay": "100.00"},
            {"code": "SBWYL", "dedcStd": "300.00", "settClaPay": "50.00"},
        ],
    }


def test_a_time_without_an_offset_is_shanghais_by_either_protocol() -> None:
    document = to_national(a_submission(one_stop=AMOUNTS))
    document["huiji"]["one_stop"]["setl_time"] = "2022-03-10T10:00:00"
    by_json = parse_settlement(orjson.dumps(document))
    assert by_json.one_stop == AMOUNTS
    by_fhir = parse_bundle(encode_bundle(to_bundle(a_submission(one_stop=AMOUNTS))))
    assert by_fhir.digest() == by_json.digest()


def test_a_bill_without_such_amounts_keeps_the_digest_it_had_before_there_were_any() -> None:
    assert b"one_stop" not in a_submission().canonical()
    assert a_submission().digest() != a_submission(one_stop=AMOUNTS).digest()


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"settClaSumamt": "150.01"}, "one_stop_sum_differs", ""),
        ({"settClaSumamt": "x"}, "not_an_amount", "/settClaSumamt"),
        ({"apply_claim_mode": "7"}, "unknown_code", "/apply_claim_mode"),
        ({"apply_claim_mode": None}, "missing", "/apply_claim_mode"),
        ({"plan_id": "No Plan"}, "wrong_format", "/plan_id"),
        ({"reference": "two words"}, "wrong_format", "/reference"),
        ({"setl_time": "yesterday"}, "wrong_format", "/setl_time"),
        ({"setl_time": "0001-01-01T00:00:00+14:00"}, "wrong_format", "/setl_time"),
        ({"setl_time": "2022-02-01T10:00:00"}, "one_stop_too_early", ""),
        ({"liabilities": [{"code": "SBNYL"}]}, "missing", "/liabilities/0/settClaPay"),
        ({"liabilities": {}}, "wrong_type", "/liabilities"),
    ],
)
def test_what_is_wrong_has_its_code_and_place(changes: dict[str, Any], code: str, place: str) -> None:
    assert (code, f"/huiji/one_stop{place}") in refused(**changes)


def test_the_centre_cannot_have_paid_more_than_was_left_to_the_person() -> None:
    left_fen = a_submission().settlement.personal_total_fen
    with pytest.raises(ValueError, match="more than the 90000 fen"):
        a_submission(one_stop=one_stop_amounts(("SBNYL", 0, left_fen + 1)))
    assert a_submission(one_stop=one_stop_amounts(("SBNYL", 0, left_fen))).one_stop is not None


def test_a_liability_stated_twice_and_a_settlement_of_tomorrow_are_refused() -> None:
    twice = [{"code": "SBNYL", "settClaPay": "75"}, {"code": "SBNYL", "settClaPay": "75"}]
    assert refused(liabilities=twice) == [("one_stop_liability_twice", "/huiji/one_stop")]
    document = to_national(a_submission(one_stop=AMOUNTS))
    document["huiji"]["one_stop"]["setl_time"] = "2022-03-12T10:00:00"
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(document), a_submission().visit.discharged_on)
    assert [reason.code for reason in error.value.reasons] == ["one_stop_in_future"]


def test_money_of_another_currency_is_no_amount_in_a_bundle() -> None:
    bundle = to_bundle(a_submission(one_stop=AMOUNTS))
    claim = next(one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Claim")
    total = next(part for part in claim["extension"][0]["extension"] if part["url"] == "settClaSumamt")
    total["valueMoney"]["currency"] = "USD"
    with pytest.raises(SubmissionInvalid) as error:
        parse_bundle(encode_bundle(bundle))
    (reason,) = error.value.reasons
    assert reason.code == "not_an_amount"
    assert reason.location.endswith("one-stop')/settClaSumamt")


def test_a_submission_with_such_amounts_survives_its_own_bytes() -> None:
    submission = a_submission(one_stop=AMOUNTS)
    assert Submission.model_validate_json(submission.canonical()) == submission
