"""Enrolment as a process: coverages one by one and in bulk, lapses, masks, and people who are erased."""

import concurrent.futures
from typing import Any

import httpx2
import pytest

from libs.access import read_policy, read_records
from libs.access.policy_file import STANDARD
from libs.contracts.access import ConsentGiven, ConsentRevoked
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.privacy import Erased
from libs.testing.enrolling import (
    a_coverage,
    a_number,
    enrol,
    erase,
    history,
    opened,
    types,
    wait_until_erased,
)
from libs.testing.services import ServicesUnderTest
from libs.testing.staff import shown_by
from libs.testing.submissions import an_identity_number


def test_a_coverage_is_activated_once_however_often_it_is_sent(services: ServicesUnderTest) -> None:
    number = a_number()
    first = enrol(services, a_coverage(number))
    again = enrol(services, a_coverage(number))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert types(services, first.json()["person_id"]) == ["CoverageActivated"]


def test_the_same_sent_many_times_at_once_is_one_coverage(services: ServicesUnderTest) -> None:
    body = a_coverage(a_number())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: enrol(services, body), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert types(services, answers[0].json()["person_id"]) == ["CoverageActivated"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"premium_fen": 1}, "coverage_terms_differ"),
        ({"person": {"account": "6222020200000009999"}}, "coverage_terms_differ"),
        ({"covered_from": "2026-06-01", "covered_to": "2027-05-31"}, "coverage_overlaps"),
    ],
)
def test_what_contradicts_the_records_is_a_conflict(
    services: ServicesUnderTest, changes: dict[str, Any], code: str
) -> None:
    number = a_number()
    person_id = enrol(services, a_coverage(number)).json()["person_id"]
    answer = enrol(services, a_coverage(number, **changes))
    assert answer.status_code == 409
    assert answer.json()["type"] == f"urn:huiji:problem:{code}"
    assert types(services, person_id) == ["CoverageActivated"]


def test_an_array_has_a_result_for_each_item(services: ServicesUnderTest) -> None:
    first, second = a_number(), a_number()
    body = [
        a_coverage(first),
        a_coverage(first),
        a_coverage(second, plan_id="no-such-plan"),
        a_coverage("11010519491231002Y"),
        a_coverage(second),
        7,
    ]
    answer = enrol(services, body).json()
    assert [result["status"] for result in answer["results"]] == [201, 200, 422, 422, 201, 422]
    assert (answer["accepted"], answer["refused"]) == (3, 3)
    assert answer["results"][2]["problem"]["errors"][0]["pointer"] == "/plan_id"
    assert answer["results"][3]["problem"]["errors"][0]["pointer"] == "/person/id_number"


def test_a_thousand_people_in_one_request(services: ServicesUnderTest) -> None:
    body = [a_coverage(an_identity_number("330106", order=order)) for order in range(1_000)]
    answer = enrol(services, body).json()
    assert answer["accepted"] == 1_000
    one_more = enrol(services, [*body, a_coverage(a_number())])
    assert one_more.status_code == 413


def test_a_coverage_lapses(services: ServicesUnderTest) -> None:
    told = enrol(services, a_coverage(a_number())).json()
    path = f"/coverages/{told['coverage_id']}/lapse"
    body = {"lapsed_on": "2026-06-30", "reason": "withdrawn"}
    assert services.send("POST", "enrolment", path, body).status_code == 200
    assert services.send("POST", "enrolment", path, body).status_code == 200
    assert services.send("POST", "enrolment", path, body | {"lapsed_on": "2026-07-01"}).status_code == 409
    assert types(services, told["person_id"]) == ["CoverageActivated", "CoverageLapsed"]
    assert isinstance(history(services, told["person_id"])[-1].decode(), CoverageLapsed)
    unknown = "/coverages/00000000-0000-4000-8000-000000000000/lapse"
    assert services.send("POST", "enrolment", unknown, body).status_code == 404


def test_a_person_is_shown_behind_masks(services: ServicesUnderTest) -> None:
    number = a_number()
    person_id = enrol(services, a_coverage(number)).json()["person_id"]
    answer = services.get("enrolment", f"/people/{person_id}")
    shown = answer.json()
    assert shown["identity"]["name"] == "测*甲"
    assert shown["coverages"][0]["status"] == "active"
    for personal in (number, "测试甲", "13900000001", "6222020200000001234"):
        assert personal not in answer.text
    assert services.get("enrolment", "/people/p_00000000000000000000000000000000").status_code == 404


def test_a_body_that_is_no_request_is_a_problem(services: ServicesUnderTest) -> None:
    with httpx2.Client(trust_env=False) as client:
        url = services.url("enrolment", "/coverages")
        assert client.post(url, content=b"{}", headers={"content-type": "text/plain"}).status_code == 415
        headers = {"content-type": "application/json"}
        assert client.post(url, content=b"{", headers=headers).status_code == 400
        assert client.post(url, content=b"[{]", headers=headers).status_code == 400
        large = client.post(url, content=b" " * (9 * 1024 * 1024), headers=headers)
        assert large.status_code == 413


def test_an_erased_person_is_noise_and_may_come_back(services: ServicesUnderTest) -> None:
    number = a_number()
    person_id = enrol(services, a_coverage(number)).json()["person_id"]
    before = history(services, person_id)[0].decode()
    assert isinstance(before, CoverageActivated)
    assert erase(services, person_id).status_code == 202
    wait_until_erased(services, person_id)
    assert isinstance(opened(services, before.identity), Erased)
    assert services.get("enrolment", f"/people/{person_id}").json()["identity"] is None
    back = enrol(services, a_coverage(number, person={"account": "6222020200000009999"}))
    assert back.status_code == 201
    after = history(services, person_id)[-1].decode()
    assert isinstance(after, CoverageActivated)
    assert isinstance(opened(services, after.identity), dict)
    assert isinstance(opened(services, before.identity), Erased)


def test_somebody_enrolment_never_heard_of_can_be_erased(services: ServicesUnderTest) -> None:
    number = a_number()
    body = {"id_number": number, "requested_by": "operator:7"}
    person_id = services.send("POST", "enrolment", "/people/erase", body).json()["person_id"]
    assert person_id == services.pseudonymiser.person_id(number)
    wait_until_erased(services, person_id)


def test_consents_and_editions_of_the_policy_are_told_with_both_times(services: ServicesUnderTest) -> None:
    person_id = services.pseudonymiser.person_id(number := a_number())
    about = {
        "id_number": number,
        "purpose": "claim_detail",
        "recipient": "insurer:lead",
        "recorded_by": "desk",
    }
    backdated = about | {"given_at": "2026-03-01T00:00:00Z"}
    for _ in range(2):
        given = services.send("POST", "enrolment", "/consents", backdated).raise_for_status().json()
    assert len(given["consents"]) == 1, "the same consent again changes nothing"
    to_come = services.send("POST", "enrolment", "/consents", about | {"given_at": "2999-01-01T00:00:00Z"})
    assert to_come.status_code == 422
    unknown = services.send("POST", "enrolment", "/consents/revoke", about | {"purpose": "other"})
    assert unknown.status_code == 404
    services.send("POST", "enrolment", "/consents/revoke", about).raise_for_status()

    edition = {"effective_from": "2026-01-01", "policy": read_policy(STANDARD)}
    url = services.url("enrolment", "/access/policies")
    by = {name: httpx2.post(url, json=edition, headers=shown_by(name)) for name in ("li", "wang", "op-2")}
    assert [answer.status_code for answer in by.values()] == [403, 201, 200], "an approver, and once"
    assert (
        httpx2.post(url, json=edition | {"policy": {"title": "t"}}, headers=shown_by("wang")).status_code
        == 422
    )

    told = services.send("POST", "enrolment", "/access/records", {"person_ids": [person_id]}).json()
    records = read_records(told)
    assert [one.said.edition for one in records.policies] == [1]
    first, ended = records.consents[person_id]
    assert (type(first.said), type(ended.said)) == (ConsentGiven, ConsentRevoked)
    assert first.effective_from.isoformat() == "2026-03-01T00:00:00+00:00" < first.known_from.isoformat()
    assert services.get("enrolment", f"/people/{person_id}").json()["consents"][0]["revoked_at"]
