"""Rulings, appeals and previews by HTTP, on adjudication's real process."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import yaml

from libs.contracts.intake import ClaimCorrected
from libs.runtime.staff import token_hash
from libs.testing.heard_events import person_numbered
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    registered,
    scored,
)

SOURCES = ("intake", "enrolment", "medical_data", "fraud")
BILL = a_settlement(total_fen=200_000 * YUAN, self_funded_fen=0, pool_fen=100_000 * YUAN)
TIERS = {"examiner-01": "examiner", "senior-01": "senior"}


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Adjudication with a staff of two, and stand-ins for all it listens to."""
    directory = tmp_path_factory.mktemp("people")
    staff = [{"id": who, "tier": tier, "token_sha256": token_hash(who)} for who, tier in TIERS.items()]
    staff_file = directory / "staff.yaml"
    staff_file.write_text(yaml.safe_dump({"staff": staff}))
    with services_under_test(postgres, directory) as started:
        started.reserve_ports("adjudication")
        started.start_source(*SOURCES)
        started.start("adjudication", {"HUIJI_ANSWER_SECONDS": "3600", "HUIJI_STAFF_FILE": str(staff_file)})
        yield started


def decided(services: ServicesUnderTest, number: int) -> tuple[str, str]:
    """A decided claim of somebody whom enrolment took for ill before the cover: (person, claim)."""
    person_id, claim_id = person_numbered(number), f"claim-{number}"
    services.say("enrolment", covered(person_id, plan_id="jincheng", pre_existing=True))
    services.say("intake", registered(claim_id, person_id, settlement=BILL))
    services.say("medical_data", attached(claim_id, person_id))
    services.say("fraud", scored(claim_id, person_id))
    wait_until(lambda: shown(services, person_id, claim_id).get("standing") is not None, "a decision")
    return person_id, claim_id


def call(
    services: ServicesUnderTest, method: str, path: str, who: str | None = None, body: object = None
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    return httpx2.request(
        method, services.url("adjudication") + path, headers=headers, json=body, timeout=PATIENCE_SECONDS
    )


def shown(services: ServicesUnderTest, person_id: str, claim_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = call(services, "GET", f"/people/{person_id}/claims/{claim_id}").json()
    return answer


def test_a_ruling_needs_staff_a_second_person_and_is_what_it_said_it_would_be(
    services: ServicesUnderTest,
) -> None:
    person_id, claim_id = decided(services, 1)
    path = f"/people/{person_id}/claims/{claim_id}/rulings/{uuid4()}"
    ruling = {"outcome": "facts", "facts": {"pre_existing": False}, "reason_code": "records_found"}
    assert call(services, "PUT", path, None, ruling).status_code == 401
    assert call(services, "PUT", path, "somebody", ruling).json()["type"] == "urn:huiji:problem:not_staff"
    contradiction = {**ruling, "outcome": "deny"}
    assert call(services, "PUT", path, "examiner-01", contradiction).status_code == 422
    proposed = call(services, "PUT", path, "examiner-01", ruling)
    assert proposed.status_code == 200
    assert proposed.json()["changes"] == []
    effect = proposed.json()["proposed"][0]["effect"]
    assert call(services, "POST", f"{path}/approval", "examiner-01").status_code == 403
    (change,) = call(services, "POST", f"{path}/approval", "senior-01").json()["changes"]
    assert change["difference_fen"] == effect["difference_fen"] > 0
    assert call(services, "POST", f"{path}/approval", "senior-01").json()["changes"] == []
    assert shown(services, person_id, claim_id)["decisions"] == 2


def test_an_appeal_goes_its_way_by_http(services: ServicesUnderTest) -> None:
    person_id, claim_id = decided(services, 2)
    path = f"/people/{person_id}/claims/{claim_id}/appeals/{uuid4()}"
    appeal = {"by": "patient", "grounds": "facts", "evidence": [{"kind": "report", "sha256": "ab" * 32}]}
    assert call(services, "PUT", path, "examiner-01", appeal).status_code == 200
    upheld = call(services, "POST", f"{path}/conclusion", "senior-01", {"outcome": "upheld"})
    assert (upheld.status_code, upheld.json()["type"]) == (409, "urn:huiji:problem:upheld_without_ruling")
    rejected = call(services, "POST", f"{path}/conclusion", "senior-01", {"outcome": "rejected"})
    assert list(rejected.json()["appeals_concluded"].values()) == ["rejected"]
    unknown = f"/people/{person_id}/claims/nothing/appeals/{uuid4()}"
    assert call(services, "PUT", unknown, "examiner-01", appeal).status_code == 404


def test_a_dry_run_of_a_correction_is_what_the_correction_then_does(services: ServicesUnderTest) -> None:
    person_id, claim_id = decided(services, 3)
    larger = a_settlement(total_fen=400_000 * YUAN, self_funded_fen=0, pool_fen=150_000 * YUAN)
    real: ClaimCorrected = corrected(claim_id, person_id=person_id, settlement=larger)
    path = f"/people/{person_id}/claims/{claim_id}"
    bill = {"visit": real.visit.model_dump(mode="json"), "settlement": larger.model_dump(mode="json")}
    made = call(services, "POST", f"{path}/dry-run", None, bill).json()
    assert shown(services, person_id, claim_id)["decisions"] == 1
    looks = call(services, "GET", f"/streams/person-{person_id}/readings").json()
    assert [(look["reader"], look["what"]) for look in looks] == [(real.visit.hospital_id, "dry-run")]
    services.say("intake", real)
    services.say("medical_data", attached(claim_id, person_id, revision=2))
    services.say("fraud", scored(claim_id, person_id, revision=2))
    wait_until(lambda: shown(services, person_id, claim_id)["decisions"] == 2, "the correction's decision")
    standing = shown(services, person_id, claim_id)["standing"]
    (change,) = made["changes"]
    assert change["after_fen"] == standing["plan_pays_fen"]
    assert change["bearings"] == standing["bearings"]
    assert made["outcome"]["plan_pays_fen"] == standing["plan_pays_fen"]
    compared = call(services, "POST", f"{path}/dry-run/comparison", None, made).json()
    assert (compared["same"], compared["changed"]) == (True, [])
    assert compared["then"] == compared["now"]
    made["case"]["member"]["pre_existing"] = False
    compared = call(services, "POST", f"{path}/dry-run/comparison", None, made).json()
    assert (compared["same"], compared["changed"]) == (False, ["member.pre_existing"])


def test_what_cannot_be_is_refused_and_nothing_of_it_is_logged(services: ServicesUnderTest) -> None:
    person_id, claim_id = decided(services, 5)
    path = f"/people/{person_id}/claims/{claim_id}"
    for nobody in ("%00", "p_x", "x" * 4_000):
        assert call(services, "GET", f"/people/{nobody}/claims/{claim_id}").status_code == 422
        assert call(services, "GET", f"/people/{nobody}/balances").status_code == 422
    assert call(services, "GET", f"/people/{person_id}/claims/%00").status_code == 404
    real = corrected(claim_id, person_id=person_id)
    payers_exceed_it = a_settlement().model_copy(update={"pool_fen": 300_000 * YUAN})
    bill = {
        "visit": real.visit.model_dump(mode="json"),
        "settlement": payers_exceed_it.model_dump(mode="json"),
    }
    answer = call(services, "POST", f"{path}/dry-run", None, bill)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:huiji:problem:not_evaluable")
    said = {"outcome": "facts", "facts": {"tags": ["张三患肝癌"]}, "reason_code": "medical_review"}
    assert call(services, "PUT", f"{path}/rulings/{uuid4()}", "examiner-01", said).status_code == 422


def test_a_planned_stay_is_reserved_listed_and_let_go(services: ServicesUnderTest) -> None:
    person_id, today = person_numbered(6), datetime.now(UTC).date()
    year = {"covered_from": today - timedelta(days=400), "covered_to": today + timedelta(days=400)}
    visit = a_visit(admitted_on=today + timedelta(days=2), discharged_on=today + timedelta(days=9))
    stay = {"visit": visit.model_dump(mode="json"), "settlement": BILL.model_dump(mode="json")}
    path = f"/people/{person_id}/preauthorisations/{visit.hospital_id}/PA-1"
    assert call(services, "PUT", path, None, stay).json()["status"] == "pended"
    services.say("enrolment", covered(person_id, plan_id="jincheng", **year))
    of_person = f"/people/{person_id}/preauthorisations"
    wait_until(lambda: call(services, "GET", of_person).json()[0]["status"] == "granted", "an answer")
    granted = call(services, "PUT", path, None, stay).json()
    assert (granted["reserves"], granted["answer"]["number"]) == (True, 2)
    assert granted["answer"]["plan_pays_fen"] > 0
    assert granted in [
        {name: told for name, told in each.items() if name != "person_id"}
        for each in call(services, "GET", "/preauthorisations").json()
    ]
    other = {**stay, "visit": {**stay["visit"], "age_years": 53}}
    assert call(services, "PUT", path, None, other).status_code == 409
    past = {**stay, "visit": {**stay["visit"], "admitted_on": "2020-01-01", "discharged_on": "2020-01-02"}}
    assert call(services, "PUT", path.replace("PA-1", "PA-2"), None, past).status_code == 422
    assert call(services, "POST", f"{path}/release", None, {}).json()["status"] == "released"
    assert call(services, "POST", f"{path}/release", None, {}).json()["status"] == "released"
    assert call(services, "GET", "/preauthorisations").json() == []
    assert call(services, "GET", "/appeals/overdue").json() == []


def test_a_withdrawal_shows_its_cascade_and_records_nothing(services: ServicesUnderTest) -> None:
    person_id, claim_id = decided(services, 4)
    preview = call(services, "POST", f"/people/{person_id}/claims/{claim_id}/withdrawal-preview").json()
    (change,) = preview["changes"]
    assert change["before_fen"] == -change["difference_fen"] > 0
    assert not shown(services, person_id, claim_id)["withdrawn"]
