from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest

from libs.interop.bureau import SettlementQuery, to_deposit
from libs.interop.fhir import systems
from libs.testing.submissions import a_submission, an_identity_number
from services.bureau_simulator.entrypoints.http import create_app
from services.bureau_simulator.entrypoints.platform import Platform

ENCODER = msgspec.json.Encoder()
QUERY = ENCODER.encode([SettlementQuery("S2022000001", an_identity_number())])


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(Platform(seed=1, capacity=100)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://bureau") as open_client:
        await open_client.post("/settlements", content=ENCODER.encode([to_deposit(a_submission())]))
        yield open_client


async def test_a_deposit_is_found_by_a_batch_look_up(client: httpx2.AsyncClient) -> None:
    answer = (await client.post("/settlements/lookup", content=QUERY)).json()["results"][0]
    assert (answer["found"], answer["medfee_sumamt"], answer["as_of"]) == (
        True,
        "1500.00",
        "2022-03-10T10:00:00Z",
    )


async def test_a_cancelled_settlement_is_in_nobodys_records(client: httpx2.AsyncClient) -> None:
    for cancelled in (1, 0):
        assert (await client.post("/settlements/cancel", content=QUERY)).json() == {"cancelled": cancelled}
    answer = (await client.post("/settlements/lookup", content=QUERY)).json()["results"][0]
    assert not answer["found"]
    assert (await client.get("/health/ready")).json()["settlements"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/settlements/cancel", ENCODER.encode([SettlementQuery("S", "1")] * 2_001), 413, "too_many"),
        ("/settlements/lookup", b"[{", 400, "malformed_json"),
        ("/settlements/lookup", b'[{"setl_id": "S1"}]', 422, "invalid_request"),
        ("/settlements", b'[{"setl_id": "S1", "colour": 1}]', 422, "invalid_request"),
        ("/settlements/lookup", b"[" * 50_000, 422, "invalid_request"),
        ("/settlements/lookup", ENCODER.encode([SettlementQuery("S", "1")] * 2_001), 413, "too_many"),
        ("/settlements", b" " * (9 * 1024 * 1024), 413, "too_large"),
    ],
)
async def test_a_bad_request_is_a_typed_problem(
    client: httpx2.AsyncClient, path: str, body: bytes, status: int, code: str
) -> None:
    response = await client.post(path, content=body)
    assert (response.status_code, response.json()["type"]) == (status, f"urn:huiji:problem:{code}")


async def test_an_invalid_deposit_is_refused_with_its_reason(client: httpx2.AsyncClient) -> None:
    deposit = msgspec.structs.replace(to_deposit(a_submission()), fund_pay_sumamt="9999999.00")
    response = await client.post("/settlements", content=ENCODER.encode([deposit]))
    assert response.status_code == 422
    assert response.json()["detail"] == "fund_pay_sumamt lies between 0 and medfee_sumamt"


async def test_the_platform_fails_as_told_and_is_mended_by_an_empty_control(
    client: httpx2.AsyncClient,
) -> None:
    shown = await client.put("/control", json={"error_rate_bp": 10_000})
    assert shown.json() == {
        "latency_ms": 0,
        "error_rate_bp": 10_000,
        "wrong_amount_rate_bp": 0,
        "dead": False,
    }
    failed = await client.post("/settlements/lookup", content=QUERY)
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "1")
    assert (await client.get("/health/ready")).status_code == 200
    await client.put("/control", json={})
    assert (await client.post("/settlements/lookup", content=QUERY)).status_code == 200


@pytest.mark.parametrize("control", [{"latency_ms": -1}, {"error_rate_bp": 10_001}, {"sleepy": True}])
async def test_an_unknown_misbehaviour_is_refused(
    client: httpx2.AsyncClient, control: dict[str, int]
) -> None:
    assert (await client.put("/control", json=control)).status_code == 422
    assert (await client.get("/control")).json()["latency_ms"] == 0


async def test_fhir_search_finds_the_persons_encounters_and_conditions(client: httpx2.AsyncClient) -> None:
    identifier = f"{systems.IDENTITY_NUMBER}|{an_identity_number()}"
    found = (await client.get("/fhir/Encounter", params={"patient.identifier": identifier})).json()
    assert (found["type"], found["total"]) == ("searchset", 1)
    encounter = found["entry"][0]["resource"]
    assert (encounter["class"]["code"], encounter["status"]) == ("IMP", "finished")
    posted = await client.post("/fhir/Condition/_search", data={"patient.identifier": identifier})
    codes = [entry["resource"]["code"]["coding"][0]["code"] for entry in posted.json()["entry"]]
    assert "C34.900" in codes


async def test_fhir_search_pages_with_links(client: httpx2.AsyncClient) -> None:
    deposits = [
        msgspec.structs.replace(to_deposit(a_submission()), setl_id=f"S{number}") for number in range(5)
    ]
    await client.post("/settlements", content=ENCODER.encode(deposits))
    response = await client.get(
        "/fhir/Encounter", params={"patient.identifier": an_identity_number(), "_count": "4"}
    )
    first = response.json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    second = (await client.get(links["next"])).json()
    assert (first["total"], len(first["entry"]), len(second["entry"])) == (6, 4, 2)
    assert "next" not in {link["relation"] for link in second["link"]}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fhir/Encounter", 400),
        ("/fhir/Encounter?name=x", 400),
        ("/fhir/Encounter?patient.identifier=urn:other|1", 400),
        ("/fhir/Encounter?patient.identifier=1&_count=x", 400),
        ("/fhir/Observation?patient.identifier=1", 404),
    ],
)
async def test_a_search_that_cannot_be_done_is_an_operation_outcome(
    client: httpx2.AsyncClient, path: str, status: int
) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert response.json()["resourceType"] == "OperationOutcome"
    assert response.headers["content-type"] == "application/fhir+json"


async def test_the_capability_statement_names_r4_and_the_two_searches(client: httpx2.AsyncClient) -> None:
    statement = (await client.get("/fhir/metadata")).json()
    assert statement["fhirVersion"] == "4.0.1"
    assert [one["type"] for one in statement["rest"][0]["resource"]] == ["Condition", "Encounter"]
