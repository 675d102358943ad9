"""One hospital pours in a backlog: another one's desk goes on, and nothing that was accepted is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from libs.contracts.intake import ClaimRegistered
from libs.interop import Submission
from libs.interop.fhir import encode_bundle, to_bundle
from libs.testing.hospital import national
from libs.testing.kafka import KafkaUnderTest
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.submissions import a_submission

FLOOD, DESK = "H37070200301", "H37070200302"
AT_MOST = 4


@pytest.fixture(scope="module")
def intake(
    postgres: PostgresUnderTest, fresh_kafka: KafkaUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Intake that takes four of a hospital, of whose arrays two, and commits two at once."""
    settings = {"HUIJI_SUBMISSIONS_PER_HOSPITAL": str(AT_MOST), "HUIJI_SUBMISSIONS_PER_TRANSACTION": "2"}
    with services_under_test(postgres, tmp_path_factory.mktemp("floods"), fresh_kafka.bootstrap) as started:
        started.start_source("enrolment")
        started.start("intake", settings)
        yield started


@pytest.fixture
async def client(intake: ServicesUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=intake.url("intake"), timeout=60, trust_env=False) as client:
        yield client


def a_settlement(hospital_id: str) -> Submission:
    one = a_submission(submission_id=f"S-{uuid4()}")
    return one.model_copy(update={"visit": one.visit.model_copy(update={"hospital_id": hospital_id})})


async def sent(client: httpx2.AsyncClient, body: bytes, path: str = "/settlements") -> httpx2.Response:
    kind = "application/fhir+json" if path == "/fhir" else "application/json"
    return await client.post(path, content=body, headers={"content-type": kind})


async def until_in_hand(client: httpx2.AsyncClient, **expected: int) -> None:
    """Wait until intake says that these hospitals have so many in hand, and nobody else any."""
    async with asyncio.timeout(60):
        while True:
            told = (await client.get("/in-hand")).json()
            if {one["hospital_id"]: one["in_hand"] for one in told["hospitals"]} == expected:
                return
            await asyncio.sleep(0.02)


async def test_a_flood_is_told_to_wait_and_another_hospitals_claim_is_in_the_next_batch(
    intake: ServicesUnderTest, client: httpx2.AsyncClient
) -> None:
    flood = [a_settlement(FLOOD) for _ in range(6)]
    single = a_settlement(DESK)
    stalled = await asyncpg.connect(intake.database_url)
    try:
        async with stalled.transaction():
            # Whatever intake takes in now waits: its batches need this table.
            await stalled.execute("lock table intake.submission in access exclusive mode")
            filing = [asyncio.ensure_future(sent(client, national(one))) for one in flood[:1]]
            await until_in_hand(client, **{FLOOD: 1})
            array = b"[" + b",".join(national(one) for one in flood[1:]) + b"]"
            filing.append(asyncio.ensure_future(sent(client, array)))
            await until_in_hand(
                client, **{FLOOD: 2}
            )  # the array waits for room: it may have two with the other
            more = [a_settlement(FLOOD) for _ in range(2)]
            filing += [asyncio.ensure_future(sent(client, national(one))) for one in more]
            await until_in_hand(client, **{FLOOD: AT_MOST})
            turned_away = await sent(client, national(a_settlement(FLOOD)))
            by_fhir = await sent(client, encode_bundle(to_bundle(a_settlement(FLOOD))), "/fhir")
            desk = asyncio.ensure_future(sent(client, national(single)))
            await until_in_hand(client, **{FLOOD: AT_MOST, DESK: 1})
        answers = [*await asyncio.gather(*filing), await desk]
    finally:
        await stalled.close()
    assert (turned_away.status_code, turned_away.headers["content-type"]) == (
        429,
        "application/problem+json",
    )
    told = turned_away.json()
    assert (told["type"], told["in_hand"]) == ("urn:huiji:problem:too_many_in_hand", AT_MOST)
    assert 1 <= int(turned_away.headers["retry-after"]) <= 60
    (issue,) = by_fhir.json()["issue"]
    assert (by_fhir.status_code, issue["code"], issue["details"]["text"]) == (
        429,
        "throttled",
        "too_many_in_hand",
    )
    assert by_fhir.headers["retry-after"]
    assert [answer.status_code for answer in answers] == [202, 200, 202, 202, 202]
    array, after_it, desks = answers[1].json(), answers[2].json(), answers[4].json()
    assert array["accepted"] == 5
    assert desks["received_at"] == array["results"][0]["claim"]["received_at"], (
        "one transaction of two hospitals"
    )
    assert desks["received_at"] < after_it["received_at"], "who came later and was served earlier"
    claims = sorted(claim.submission_id for claim in intake.said("intake", ClaimRegistered))
    assert claims == sorted(one.submission_id for one in [*flood, *more, single])
    numbers = (await client.get("/metrics")).text
    assert 'huiji_intake_turned_away_total{code="too_many_in_hand"} 2.0' in numbers
    assert "huiji_intake_in_hand 0.0" in numbers


async def test_the_one_who_was_told_to_wait_is_served_when_it_comes_again(client: httpx2.AsyncClient) -> None:
    answer = await sent(client, national(a_settlement(FLOOD)))
    assert answer.status_code == 202
