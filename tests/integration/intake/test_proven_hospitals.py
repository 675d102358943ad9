"""Where a deployment names its hospitals' callers, a hospital proves by its token that it is one, by every HTTP way."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import yaml

from libs.contracts.intake import ClaimRegistered, ClaimWithdrawn, SubmissionRefused
from libs.interop import Submission
from libs.interop.fhir import encode_bundle, to_bundle
from libs.runtime.staff import token_hash
from libs.testing.hospital import Hospital, national, path_of
from libs.testing.kafka import KafkaUnderTest
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.staff import shown_by
from libs.testing.submissions import a_submission
from libs.testing.waiting import wait_until

MINE, OTHERS = "H41050200301", "H41050200302"
FHIR = "application/fhir+json"


def write_callers(path: Path, tokens: Mapping[str, str]) -> None:
    """Caller `mine` for one hospital, `region` for both, with these tokens."""
    hospitals = {"mine": [MINE], "region": [MINE, OTHERS]}
    callers = [
        {"id": one, "hospitals": hospitals[one], "tokens": [{"sha256": token_hash(token)}]}
        for one, token in tokens.items()
    ]
    path.write_text(yaml.safe_dump({"callers": callers}))


def showing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def a_settlement(hospital_id: str = MINE) -> Submission:
    one = a_submission(submission_id=f"S-{uuid4()}")
    return one.model_copy(update={"visit": one.visit.model_copy(update={"hospital_id": hospital_id})})


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("callers") / "callers.yaml"
    write_callers(path, {"mine": "token-of-mine", "region": "token-of-region"})
    return path


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest,
    fresh_kafka: KafkaUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
    callers: Path,
) -> Iterator[ServicesUnderTest]:
    """An intake that knows its callers."""
    directory = tmp_path_factory.mktemp("proven")
    with services_under_test(postgres, directory, fresh_kafka.bootstrap) as started:
        started.start_source("enrolment")
        started.start("intake", {"HUIJI_HOSPITAL_CALLERS_FILE": str(callers)})
        yield started


def nothing_is_recorded(services: ServicesUnderTest) -> bool:
    return all(head == 0 for head in services.get("intake", "/log/heads").json().values())


def test_without_its_own_token_no_way_of_http_files_asks_or_looks(
    services: ServicesUnderTest, hospital: Hospital
) -> None:
    one, others = a_settlement(), a_settlement(OTHERS)
    ways: list[tuple[str, str, bytes, str]] = []
    for submission in (one, others):
        body, bundle = national(submission), encode_bundle(to_bundle(submission))
        ways += [
            ("POST", "/settlements", body, "application/json"),
            ("POST", "/settlements/$validate", body, "application/json"),
            ("POST", "/settlements/$estimate", body, "application/json"),
            ("PUT", path_of(submission), body, "application/json"),
            ("POST", f"{path_of(submission)}/cancellation", b"", "application/json"),
            ("PUT", "/preauthorisations/PA-1", body, "application/json"),
            ("POST", "/preauthorisations/PA-1/release", body, "application/json"),
            ("POST", "/fhir", bundle, FHIR),
            ("POST", "/fhir/Bundle/$validate", bundle, FHIR),
            ("POST", "/fhir/Bundle/$estimate", bundle, FHIR),
        ]
    for number, (method, path, body, kind) in enumerate(ways):
        for headers in ({}, showing("token-of-nobody"), shown_by("li")):
            answer = hospital.send(method, path, body, kind, **headers)
            assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer"), path
            assert "token-of" not in answer.text
        if number < len(ways) // 2:
            continue
        answer = hospital.send(method, path, body, kind, **showing("token-of-mine"))
        assert answer.status_code == 403, path
        said: dict[str, Any] = answer.json()
        if kind == FHIR:
            assert [issue["code"] for issue in said["issue"]] == ["forbidden"]
        else:
            assert said["type"] == "urn:huiji:problem:not_your_hospital"
    assert hospital.post("/fhir", b"{}", FHIR).json()["issue"][0]["code"] == "login"
    assert services.get("intake", f"/claims/{uuid4()}").status_code == 401
    assert services.get("intake", f"/fhir/ClaimResponse/{uuid4()}").status_code == 401
    assert services.get("intake", "/fhir/metadata").status_code == 200, (
        "what a client may do, anybody may know"
    )
    assert nothing_is_recorded(services)
    counted = services.get("intake", "/metrics").text
    assert 'huiji_callers_turned_away_total{code="not_your_hospital"} 10.0' in counted
    assert "token-of" not in services.output_of("intake")


def test_who_filed_is_recorded_and_only_its_hospital_sees_what_became_of_it(
    services: ServicesUnderTest, hospital: Hospital
) -> None:
    mine, others = a_settlement(), a_settlement(OTHERS)
    array = b"[" + national(mine) + b"," + national(others) + b"]"
    first, second = hospital.post("/settlements", array, **showing("token-of-mine")).json()["results"]
    assert (first["status"], second["status"]) == (202, 403)
    filed = hospital.settle(others, **showing("token-of-region")).json()["claim_id"]
    broken = orjson.dumps({"setlinfo": {"fixmedins_code": MINE}})
    refused = hospital.post("/settlements", broken, **showing("token-of-mine")).json()["refusal_id"]
    nameless = hospital.post("/settlements", b"{}", **showing("token-of-mine")).json()["refusal_id"]
    place = f"{path_of(mine)}/cancellation"
    assert hospital.post(place, b"", **showing("token-of-region")).status_code == 202

    def seen(path: str, by: Mapping[str, str]) -> int:
        return hospital.send("GET", path, b"", **by).status_code

    for path, mine_sees in (
        (f"/claims/{first['claim']['claim_id']}", 200),
        (f"/claims/{filed}", 404),
        (f"/fhir/ClaimResponse/{filed}", 404),
        (f"/refusals/{refused}", 200),
        (f"/refusals/{nameless}", 200),
    ):
        assert seen(path, showing("token-of-mine")) == mine_sees, path
        assert seen(path, shown_by("li")) == 200, "an operator looks at any"
    assert seen(f"/refusals/{nameless}", showing("token-of-region")) == 404, "who sent it is told"
    by = {event.submission_id: event.filed_by for event in services.said("intake", ClaimRegistered)}
    assert (by[mine.submission_id], by[others.submission_id]) == ("mine", "region")
    assert {event.filed_by for event in services.said("intake", ClaimWithdrawn)} == {"region"}
    assert {event.filed_by for event in services.said("intake", SubmissionRefused)} == {"mine"}


def test_a_token_that_leaked_is_nobodys_as_soon_as_its_line_is_gone(
    hospital: Hospital, callers: Path
) -> None:
    assert hospital.settle(a_settlement(), **showing("token-of-region")).status_code == 202
    write_callers(callers, {"mine": "token-of-mine", "region": "the next token"})

    def is_refused() -> bool:
        return hospital.settle(a_settlement(), **showing("token-of-region")).status_code == 401

    wait_until(is_refused, "the old token is refused")
    assert hospital.settle(a_settlement(), **showing("the next token")).status_code == 202
