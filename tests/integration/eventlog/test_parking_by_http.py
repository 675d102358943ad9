"""What an operator sees and does about events that cannot be processed, through a real service."""

from collections.abc import AsyncIterator

import pytest

from libs.eventlog.parking import BLOCKED
from tests.integration.eventlog.conftest import SHARDS, Line
from tests.support.kernel import all_events, open_log
from tests.support.service_process import ServiceProcess
from tests.support.waiting import until


@pytest.fixture
async def service(line: Line) -> AsyncIterator[ServiceProcess]:
    async with line.upstream.serving(), line.upstream.relaying():
        process = line.process()
        process.start()
        await process.ready()
        yield process
        assert process.stop() == 0


async def poison(line: Line, stream_id: str, version: int) -> None:
    await line.ask("insert into {schema}.poisoned values ($1, $2)", stream_id, version)


async def heal(line: Line) -> None:
    await line.ask("delete from {schema}.poisoned")


async def test_list_show_retry_and_discard(line: Line, service: ServiceProcess) -> None:
    await poison(line, "claim-c2", 2)
    await line.append(claims=8, each=4)
    await line.caught_up()
    listed = (await service.get("/parked")).json()
    assert [(row["subject"], row["reason"]) for row in listed] == [
        ("claim-c2", "Poisoned"), ("claim-c2", BLOCKED), ("claim-c2", BLOCKED),
    ]  # fmt: skip
    shown = (await service.get("/parked/claim-c2")).json()
    assert shown[0]["event"]["type"] == "Ticked"
    assert (await service.get("/parked", check=False)).status_code == 200
    assert (await service.get("/parked/claim-none", check=False)).status_code == 404

    unproven = [
        await service.post("/parked/claim-c2/retry", {}, check=False, by=who) for who in ("x", "wang")
    ]
    assert [answer.status_code for answer in unproven] == [401, 403], (
        "nobody's token; an approver does not operate"
    )
    retried = (await service.post("/parked/claim-c2/retry", {})).json()
    assert retried == {"retried": 0, "still_parked": 3}
    assert (await service.get("/parked/claim-c2")).json()[0]["attempts"] == 2

    discarded = await service.post("/parked/claim-c2/discard", {"why": "sent twice by the hospital"})
    assert discarded.json() == {"discarded": 1}
    assert (await service.post("/parked/claim-c2/retry", {})).json() == {
        "retried": 2,
        "still_parked": 0,
    }
    assert (await service.get("/parked")).json() == []
    assert (await service.post("/parked/claim-c2/discard", {"why": "w"}, check=False)).status_code == 404
    await assert_the_discard_is_in_the_log(line)


async def assert_the_discard_is_in_the_log(line: Line) -> None:
    async with open_log(line.database, line.downstream, shards=SHARDS, size=1) as log:
        audited = [event for event in await all_events(log) if event.type == "ParkedDiscarded"]
    (fact,) = audited
    body = fact.body.decode()
    assert '"discarded_by":"op-1"' in body
    assert '"about":"claim-c2"' in body
    # The reason as written may name a person: only its digest is kept for ever.
    assert "hospital" not in body


async def test_a_healed_event_is_retried_with_its_followers_and_order_is_kept(
    line: Line, service: ServiceProcess
) -> None:
    await poison(line, "claim-c2", 1)
    await line.append(claims=8, each=3)
    await line.caught_up()
    await heal(line)
    assert (await service.post("/parked/claim-c2/retry", {})).json() == {
        "retried": 3,
        "still_parked": 0,
    }
    await line.append(claims=8, each=1)
    await line.caught_up()
    numbers = await line.ask("select number from {schema}.effect where claim_id = 'claim-c2' order by id")
    assert [row["number"] for row in numbers] == [1, 2, 3, 4]


async def test_a_fault_of_ours_holds_the_service_and_says_so(line: Line, service: ServiceProcess) -> None:
    await poison(line, "*", 0)
    await line.append(claims=400, each=1)

    async def held() -> bool:
        ready = await service.get("/health/ready", check=False)
        return ready.status_code == 503 and "TooManyParked" in ready.text

    await until(held)
    (parked,) = await line.ask("select count(*) as events from {schema}.parked")
    assert parked["events"] <= 101
    assert await line.behind() >= 299
    # A held service still stops in time, and goes on when the fault is mended.
    assert service.stop() == 0
    await heal(line)
    service.start()
    await line.caught_up()
    (effects,) = await line.ask("select count(*) as events from {schema}.effect")
    assert effects["events"] == 400 - parked["events"]
    await service.ready()
