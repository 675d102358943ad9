"""Events that cannot be processed, in a line of three services: patched by two people, annulled, retried; and what is
left equals a run without poison."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI

from libs.contracts import Event
from libs.eventlog import Append, Consumer, EventLog, Recorded, States, UnitOfWork, parking
from libs.eventlog.serve import log_router
from libs.eventlog.stage import Instruction, Stage
from libs.eventlog.verify import stream_holes, verify_shard
from libs.runtime.amendments import amendments_router
from libs.runtime.problems import install_problems
from libs.runtime.staff import operator_desk
from libs.testing.postgres import PostgresUnderTest
from libs.testing.staff import a_staff, shown_by
from tests.support.kernel import LogSource, all_events, open_log
from tests.support.ticks import Ticked, stream_of, tick

SHARDS = 3


def _remember(numbers: tuple[int, ...], event: Event) -> tuple[int, ...]:
    assert isinstance(event, Ticked)
    return (*numbers, event.number)


def _repeat(numbers: tuple[int, ...], command: Ticked) -> list[Event]:
    """In order only: a number below an earlier one would be a follower that overtook."""
    assert not numbers or command.number > numbers[-1], "overtaken"
    return [tick(command.claim_id, command.number)]


def _translate(recorded: Recorded, _: Any) -> Instruction[Ticked]:
    event = recorded.decode()
    assert isinstance(event, Ticked)
    return Instruction(recorded.stream_id, event, recorded)


def a_follower(log: EventLog, source: EventLog) -> Consumer:
    """A process that repeats each tick of the source in its own log, claim by claim in order."""
    states: States[tuple[int, ...]] = States(log.source, lambda stream_id: (), _remember)
    stage = Stage(states, _repeat)
    return Consumer(
        log, {source.source: LogSource(source)}, stage.handler(_translate), frozenset({"Ticked"}),
        batch_size=50, on_reset=states.clear, source_rest_seconds=0,
    )  # fmt: skip


@dataclass
class Line:
    """hospital → middle → last; `http` asks the hospital's log for amendments."""

    logs: tuple[EventLog, EventLog, EventLog]
    middle: Consumer
    last: Consumer
    http: httpx2.AsyncClient

    async def append(self, claim_id: str, number: int, version: int, *, poisoned: bool = False) -> None:
        """One event of a claim. A poisoned one lacks its number."""
        event = tick(claim_id, number)
        if poisoned:
            event = Ticked.model_construct(**event.model_dump(exclude={"number"}))
        async with self.logs[0].transaction() as work:
            work.append(Append(stream_of(claim_id), version, [event]))

    async def flow(self) -> None:
        """Everything that is recorded goes down the line."""
        for consumer, source in ((self.middle, "hospital"), (self.last, "middle")):
            await consumer.catch_up(source, range(SHARDS))

    async def parked(self, which: int = 1) -> list[parking.Parked]:
        async with self.logs[which].pool.acquire() as connection:
            return await parking.list_parked(connection)

    async def told(self, which: int = 2) -> dict[str, list[int]]:
        """The numbers of each claim as a service has recorded them."""
        found: dict[str, list[int]] = {}
        for event in sorted(await all_events(self.logs[which]), key=lambda one: (one.stream_id, one.version)):
            body = event.decode()
            if isinstance(body, Ticked):
                found.setdefault(body.claim_id, []).append(body.number)
        return found

    async def amend(self, event: Recorded, act: str, by: str, **more: Any) -> httpx2.Response:
        path = f"/amendments/{event.shard}/{event.position}/{act}"
        return await self.http.post(
            path, json={"why": "seen with the hospital", **more}, headers=shown_by(by)
        )

    async def patch(self, event: Recorded, number: int) -> None:
        """Two people agree on the number."""
        body = tick(event.subject.removeprefix("claim-"), number).model_dump()
        proposed = (await self.amend(event, "propose", "op-1", patched=body)).raise_for_status().json()
        (await self.amend(event, "approve", "op-2", proposal=proposed["proposal"])).raise_for_status()

    async def assert_chains_hold(self) -> None:
        for log in self.logs:
            async with log.pool.acquire() as connection:
                for shard in range(SHARDS):
                    await verify_shard(connection, log.source, shard)
                assert await stream_holes(connection) == []


@asynccontextmanager
async def a_line(url: str) -> AsyncIterator[Line]:
    async with AsyncExitStack() as opened:
        names = ("hospital", "middle", "last")
        hospital, middle, last = [
            await opened.enter_async_context(open_log(url, name, shards=SHARDS)) for name in names
        ]
        app = FastAPI()
        install_problems(app)
        app.include_router(amendments_router(hospital, operator_desk(a_staff())))
        app.include_router(log_router(hospital))
        transport = httpx2.ASGITransport(app=app)
        http = await opened.enter_async_context(
            httpx2.AsyncClient(transport=transport, base_url="http://hospital")
        )
        line = Line((hospital, middle, last), a_follower(middle, hospital), a_follower(last, middle), http)
        await line.middle.prepare()
        await line.last.prepare()
        yield line


@pytest.fixture
async def line(database: str) -> AsyncIterator[Line]:
    async with a_line(database) as made:
        yield made


async def one_poisoned_of_three(line: Line) -> Recorded:
    for version, number in enumerate((1, 2, 3)):
        await line.append("bad", number, version, poisoned=number == 2)
        await line.append("good", number, version)
    await line.flow()
    first = (await line.parked())[0]
    assert (first.reason, len(await line.parked())) == ("event_unreadable", 2)
    assert await line.told() == {"bad": [1], "good": [1, 2, 3]}
    return first.event


async def test_what_the_second_person_looked_at_is_what_is_approved(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    for number in (2, 3):
        await line.amend(event, "propose", "op-1", patched=tick("bad", number).model_dump())
    swapped = await line.amend(event, "approve", "op-2", proposal=1)
    assert (swapped.status_code, swapped.json()["type"].rsplit(":")[-1]) == (409, "proposal_superseded")
    assert (await line.amend(event, "approve", "op-2", proposal=2)).status_code == 200


async def test_a_patch_needs_two_people_and_is_read_instead(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    body = tick("bad", 2).model_dump()
    nothing = await line.amend(event, "approve", "op-2", proposal=1)
    assert nothing.json()["type"].endswith("nothing_proposed")
    assert (await line.amend(event, "propose", "op-1", patched=body)).json()["proposal"] == 1
    (waiting,) = (await line.http.get("/amendments")).json()
    assert (waiting["about"], waiting["proposal"], waiting["proposed_by"]) == ("claim-bad", 1, "op-1")
    assert (await line.amend(event, "approve", "op-1", proposal=1)).status_code == 403
    await line.flow()
    assert (await line.told())["bad"] == [1], "a proposal changes nothing"
    assert (await line.amend(event, "approve", "op-2", proposal=1)).status_code == 200
    await line.flow()
    assert await line.told() == {"bad": [1, 2, 3], "good": [1, 2, 3]}
    assert await line.parked() == []
    assert (await line.http.get("/amendments")).json() == []
    assert (await line.amend(event, "annul", "op-2")).status_code == 409
    shown = (await line.http.get(f"/amendments/{event.shard}/{event.position}")).json()
    assert [one["type"] for one in shown["amendments"]] == ["PatchProposed", "EventPatched"]
    assert shown["amendments"][1]["why"] == "seen with the hospital"
    await line.assert_chains_hold()


async def test_an_annulled_event_is_passed_over_and_its_followers_go_on(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    (await line.amend(event, "annul", "op-1")).raise_for_status()
    await line.flow()
    assert await line.told() == {"bad": [1, 3], "good": [1, 2, 3]}
    original = [one for one in await all_events(line.logs[0]) if one.event_id == event.event_id]
    assert original == [event], "the event itself stays as it was"
    rows = await line.logs[1].pool.fetch("select status, resolved_by from parked order by id")
    assert [tuple(row) for row in rows] == [("annulled", "op-1"), ("retried", rows[1]["resolved_by"])]
    await line.assert_chains_hold()


async def test_who_looks_at_a_claim_is_told_of_its_amendments(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    of_claim = f"/log/{event.shard}/subjects/claim-bad"
    (await line.amend(event, "annul", "op-1")).raise_for_status()
    alone, with_them = [
        [orjson.loads(row) for row in (await line.http.get(of_claim + asked)).content.splitlines()]
        for asked in ("", "?amendments=true")
    ]
    assert [row["type"] for row in alone] == ["Ticked"] * 3
    assert with_them[:3] == alone
    assert [(row["type"], row["shard"]) for row in with_them[3:]] == [("EventAnnulled", event.shard)]
    (told,) = (await line.http.get("/amendments/of/claim-bad")).json()
    assert told.items() >= {
        "type": "EventAnnulled", "event_type": "Ticked", "shard": event.shard, "amends": event.position,
        "position": with_them[3]["position"], "by": "op-1",
    }.items()  # fmt: skip
    assert (await line.http.get("/amendments/of/claim-good")).json() == []


@pytest.mark.parametrize(
    ("patched", "code"),
    [
        ({"claim_id": "bad"}, "event_unreadable"),
        (tick("good", 2).model_dump(), "subject_differs"),
    ],
)
async def test_a_patch_must_be_readable_and_about_the_same(
    line: Line, patched: dict[str, Any], code: str
) -> None:
    event = await one_poisoned_of_three(line)
    answer = await line.amend(event, "propose", "op-1", patched=patched)
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (422, code)


async def test_who_could_process_the_event_ignores_what_amends_it(line: Line) -> None:
    await line.append("c", 1, 0)
    await line.flow()
    (event,) = await all_events(line.logs[0])
    await line.patch(event, 9)
    await line.flow()
    assert await line.told() == {"c": [1]}


async def test_a_patch_that_does_not_help_leaves_it_parked_for_a_person(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    await line.patch(event, 0)
    await line.flow()
    (first, _) = await line.parked()
    assert (first.reason, first.attempts) == ("AssertionError", 2)
    assert await line.told() == {"bad": [1], "good": [1, 2, 3]}


async def test_a_crash_between_the_amendment_and_the_retry_forgets_nothing(line: Line) -> None:
    event = await one_poisoned_of_three(line)
    await line.patch(event, 2)

    async def die() -> None:
        raise ConnectionError

    line.middle._retries.retry_amended = die  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await line.flow()
    assert len(await line.parked()) == 2
    line.middle = a_follower(line.logs[1], line.logs[0])
    await line.middle.prepare()
    await line.middle.process([])
    await line.append("good", 4, 3)
    await line.flow()
    assert (await line.told())["bad"] == [1, 2, 3]


async def test_a_service_that_reads_the_history_anew_comes_to_the_same_state(
    line: Line, database: str
) -> None:
    event = await one_poisoned_of_three(line)
    await line.patch(event, 2)
    await line.flow()
    async with open_log(database, "later", shards=SHARDS) as later:
        consumer = a_follower(later, line.logs[0])
        await consumer.prepare()
        await consumer.catch_up("hospital", range(SHARDS))
        told = Line((line.logs[0], later, later), consumer, consumer, line.http)
        assert await told.told() == {"bad": [1, 2, 3], "good": [1, 2, 3]}
        assert await told.parked() == []


async def test_one_percent_poison_stops_no_lane_and_after_the_fix_all_is_as_without_it(
    database: str, postgres: PostgresUnderTest
) -> None:
    claims, each = 60, 10
    chosen = random.Random(20261122)
    poisoned = {
        (f"c{chosen.randrange(claims)}", chosen.randint(1, each)) for _ in range(claims * each // 100)
    }
    annulled = set(sorted(poisoned)[::2])
    clean_database = postgres.create_database()
    try:
        async with a_line(clean_database) as clean:
            await _fill(clean, claims, each, without=annulled)
            await clean.flow()
            expected = await clean.told()
    finally:
        postgres.drop_database(clean_database)
    async with a_line(database) as line:
        await _fill(line, claims, each, poisoned=poisoned)
        await line.flow()
        hit = {claim_id for claim_id, _ in poisoned}
        told = await line.told()
        # One delivery was enough for all others: no lane stood still.
        assert {c: n for c, n in told.items() if c not in hit} == {
            c: n for c, n in expected.items() if c not in hit
        }
        parked = await line.parked()
        assert {one.event.subject.removeprefix("claim-") for one in parked} == hit
        await _fix(line, poisoned, annulled)
        assert await line.told() == expected
        assert await line.parked() == []
        await line.assert_chains_hold()


async def _fill(
    line: Line,
    claims: int,
    each: int,
    poisoned: set[tuple[str, int]] | frozenset[Any] = frozenset(),
    without: set[tuple[str, int]] | frozenset[Any] = frozenset(),
) -> None:
    versions = dict.fromkeys(range(claims), 0)
    for number in range(1, each + 1):
        for claim in range(claims):
            if (f"c{claim}", number) not in without:
                await line.append(
                    f"c{claim}", number, versions[claim], poisoned=(f"c{claim}", number) in poisoned
                )
                versions[claim] += 1


async def _fix(line: Line, poisoned: set[tuple[str, int]], annulled: set[tuple[str, int]]) -> None:
    """Amend what is poisoned, the first of each claim first, until nothing is parked."""
    for event in sorted(await all_events(line.logs[0]), key=lambda one: (one.stream_id, one.version)):
        place = (event.subject.removeprefix("claim-"), event.version)
        if place in annulled:
            (await line.amend(event, "annul", "op-1")).raise_for_status()
        elif place in poisoned:
            await line.patch(event, event.version)
    await line.flow()


async def test_handlers_see_no_amendment(line: Line) -> None:
    """They are the kernel's: a handler's types stay its own."""
    seen: list[str] = []

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        seen.extend(event.type for event in events)

    event = await one_poisoned_of_three(line)
    await line.patch(event, 2)
    consumer = Consumer(line.logs[2], {"hospital": LogSource(line.logs[0])}, handle, frozenset({"Ticked"}))
    await consumer.prepare()
    await consumer.catch_up("hospital", range(SHARDS))
    assert set(seen) == {"Ticked"}
