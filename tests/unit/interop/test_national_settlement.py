from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from libs.interop import SubmissionInvalid
from libs.interop.national import parse_settlement, to_national
from libs.interop.submission import Submission
from libs.testing.submissions import a_person, a_submission, an_identity_number, submissions


def refused(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(document))
    return [(reason.code, reason.location) for reason in error.value.reasons]


def changed(**values: Any) -> dict[str, Any]:
    document = to_national(a_submission())
    document["setlinfo"] |= values
    return document


@given(submissions())
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back_to_the_fen(submission: Submission) -> None:
    assert parse_settlement(orjson.dumps(to_national(submission))) == submission


def test_amounts_may_be_json_numbers_and_stay_exact() -> None:
    body = orjson.dumps(changed()).replace(b'"medfee_sumamt":"1500.00"', b'"medfee_sumamt":1500.00')
    assert b":1500.00" in body
    assert parse_settlement(body) == a_submission()


def test_a_number_that_a_float_would_round_is_refused_not_rounded() -> None:
    body = orjson.dumps(changed()).replace(b'"1500.00"', b"1500.000000000000000001")
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(body)
    assert error.value.reasons[0].code == "not_an_amount"


def test_an_empty_object_names_every_missing_field_once_in_reading_order() -> None:
    reasons = refused({})
    assert reasons[0] == ("missing", "/setlinfo")
    assert [location for _, location in reasons[1:4]] == [
        "/setlinfo/setl_id",
        "/setlinfo/psn_name",
        "/setlinfo/certno",
    ]
    assert len(reasons) == len(set(reasons)) == 16


def test_all_that_is_wrong_is_told_at_once() -> None:
    document = changed(
        certno="110105194912310021", begndate="2022-13-01", medfee_sumamt="1500.001", med_type="x"
    )
    document["feedetail"][1]["chrgitm_lv"] = "09"
    assert refused(document) == [
        ("wrong_format", "/setlinfo/med_type"),
        ("not_a_date", "/setlinfo/begndate"),
        ("not_an_amount", "/setlinfo/medfee_sumamt"),
        ("unknown_code", "/feedetail/1/chrgitm_lv"),
        ("id_number_invalid", "/setlinfo/certno"),
    ]


def test_a_day_that_stands_for_none_is_no_date() -> None:
    assert refused(changed(begndate="0001-01-01")) == [("not_a_date", "/setlinfo/begndate")]
    assert refused(changed(enddate="0001-01-01 00:00:00")) == [("not_a_date", "/setlinfo/enddate")]


def test_a_broken_identity_is_told_with_both_sides() -> None:
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(changed(hifp_pay="600.01")))
    assert [reason.sentence for reason in error.value.reasons] == [
        "fund_pay_sumamt = sum of the seven funds: 60000 ≠ 60001 fen"
    ]


def test_lines_that_do_not_sum_to_the_bill_are_told_by_bucket_and_line() -> None:
    document = changed()
    document["feedetail"][0]["det_item_fee_sumamt"] = "1000.01"
    assert refused(document) == [("lines_differ", "/feedetail/0"), ("lines_differ", "/feedetail")]


def test_sex_and_birth_date_must_agree_with_the_identity_number() -> None:
    assert refused(changed(gend="2", brdy="1969-03-16")) == [
        ("contradiction", "/setlinfo/brdy"),
        ("contradiction", "/setlinfo/gend"),
    ]


def test_refunded_and_void_settlements_are_no_claims() -> None:
    assert refused(changed(refd_setl_flag="1", vali_flag="0")) == [
        ("refunded", "/setlinfo/refd_setl_flag"),
        ("void", "/setlinfo/vali_flag"),
    ]


def test_a_visit_out_of_town_must_say_whether_it_was_filed() -> None:
    document = changed(fix_blng_admdvs="110105")
    assert refused(document) == [("missing", "/huiji/out_of_town_filed")]
    document["huiji"]["out_of_town_filed"] = "1"
    assert parse_settlement(orjson.dumps(document)).visit.place == "out_of_town_filed"


def test_a_regions_own_medical_type_needs_the_kind_of_visit() -> None:
    document = changed(med_type="990404")
    del document["huiji"]["visit_kind"]
    assert refused(document) == [("missing", "/huiji/visit_kind")]


def test_a_discharge_before_admission_or_birth_is_refused() -> None:
    assert refused(changed(begndate="2022-03-11", enddate="2022-03-10")) == [
        ("dates_reversed", "/setlinfo/enddate")
    ]
    assert refused(changed(begndate="1960-01-01")) == [
        ("stay_too_long", "/setlinfo/enddate"),
        ("contradiction", "/setlinfo/enddate"),
    ]


def test_a_stay_has_a_longest_time() -> None:
    longest = parse_settlement(orjson.dumps(changed(begndate="2019-03-06")))
    assert (longest.visit.discharged_on - longest.visit.admitted_on).days == 1_100
    assert refused(changed(begndate="2019-03-05")) == [("stay_too_long", "/setlinfo/enddate")]


def test_a_discharge_in_the_future_is_refused_with_all_else_that_is_wrong() -> None:
    body = orjson.dumps(changed(enddate="2022-03-12", medfee_sumamt="1500.001"))
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(body, date(2022, 3, 11))
    assert {reason.code for reason in error.value.reasons} == {"not_an_amount", "discharged_in_future"}


def test_a_refusal_knows_whom_it_concerns_when_the_number_is_valid() -> None:
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(changed(medfee_sumamt="x")))
    refusal = error.value.refusal
    assert (refusal.hospital_id, refusal.submission_id) == ("H41050200301", "S2022000001")
    assert refusal.id_number == an_identity_number()


def test_no_sentence_and_no_message_holds_personal_data() -> None:
    number = an_identity_number()
    document = changed(psn_name="绝密姓名\x01", certno=number[:-1] + "0", tel="绝密电话", note="绝密")
    document["diseinfo"][0]["diag_code"] = "绝密诊断" * 20
    with pytest.raises(SubmissionInvalid) as error:
        parse_settlement(orjson.dumps(document))
    told = str(error.value) + "".join(reason.sentence + reason.location for reason in error.value.reasons)
    assert len(error.value.reasons) >= 3
    assert "绝密" not in told
    assert number[:-1] not in told


def test_the_digest_depends_on_the_content_and_not_on_the_bytes() -> None:
    submission = a_submission()
    pretty = orjson.dumps(to_national(submission), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    assert parse_settlement(pretty).digest() == submission.digest()
    assert a_submission(person=a_person(name="测试乙")).digest() != submission.digest()


def test_a_hundred_wrong_lines_are_told_but_not_a_hundred_thousand() -> None:
    document = changed()
    document["feedetail"] = [{}] * 4_000
    assert 100 < len(refused(document)) <= 200
    document["feedetail"] = [{}] * 6_000
    assert ("too_long", "/feedetail") in refused(document)


def test_days_in_another_time_zone_are_days_in_shanghai() -> None:
    submission = parse_settlement(orjson.dumps(changed(begndate="2022-02-28T16:30:00Z")))
    assert submission.visit.admitted_on == date(2022, 3, 1)
