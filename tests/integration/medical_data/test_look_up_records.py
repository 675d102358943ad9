"""Looking up on a real database: replicas share the work, leases run out, and a person may be erased meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx2
import orjson
import pytest

from libs.contracts import Event
from libs.contracts.intake import FiledSettlement
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.eventlog import EventLog, States
from libs.eventlog.database import open_pool
from libs.eventlog.read import read_shard
from libs.eventlog.stage import Stage
from libs.privacy import KeyStore, create_master_key, install_key_store, open_key_pool, seal_json
from libs.runtime.clock import new_id
from libs.testing.heard_events import (
    a_claim_corrected,
    a_claim_registered,
    a_claim_withdrawn,
    person_numbered,
)
from libs.testing.recorded import a_recorded
from services.medical_data import __main__ as process
from services.medical_data.adapters.bureau import Bureau
from services.medical_data.domain.attaching import decide, evolve, initial
from services.medical_data.domain.patience import Patience
from services.medical_data.use_cases.give_up import give_up
from services.medical_data.use_cases.hear_events import hear_events
from services.medical_data.use_cases.look_up_records import LookUpRecords
from tests.support.kernel import watch

#: lease; begin, take what is leased, tails of states, lock shards, append, commit; of few claims the log asks for less
MOST_STATEMENTS_OF_A_LOOK_UP = 7
MIGRATIONS = Path(process.__file__).parent / "migrations"
PATIENCE = Patience(within=timedelta(seconds=10), first_pause=timedelta(seconds=1))
LEASE_SECONDS = 30.0
NUMBER = "410502196903151015"


class Office:
    """One service's log, keys and stage with a clock of its own, and a bureau that notes what it was asked."""

    def __init__(self, pool: asyncpg.Pool, keys: KeyStore) -> None:
        self.now = datetime(2026, 5, 20, tzinfo=UTC)
        self.keys = keys
        self.log = EventLog(pool, "medical_data", 2, lambda: self.now, new_id)
        self.stage = Stage(States("medical_data", initial, evolve), decide)
        self.asked: list[str] = []
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def register(self, claim_id: str, person: int = 1, revision: int = 1) -> str:
        """Let a claim, or a correction of it, wait for its records; the id of its person."""
        person_id = person_numbered(person)
        key = (await self.keys.ensure({person_id}))[person_id]
        identity = seal_json(key, {"id_number": NUMBER}, "ClaimRegistered.identity")
        filed: FiledSettlement = a_claim_registered(claim_id, person_id=person_id, identity=identity)
        if revision > 1:
            filed = a_claim_corrected(claim_id, revision, person_id=person_id, identity=identity)
        await self.hear(filed)
        return person_id

    async def hear(self, event: Event) -> None:
        """Let an event of intake arrive."""
        handle = hear_events(self.stage.states, PATIENCE, self.keys, lambda: None)
        async with self.log.transaction() as work:
            await handle(work, [a_recorded("intake", event)])

    async def look_up(self, batch_size: int = 100) -> int:
        """One step of one replica."""
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer)) as client:
            step = LookUpRecords(
                self.log,
                self.stage,
                self.keys,
                Bureau("http://bureau", client),
                PATIENCE,
                batch_size=batch_size,
                lease_seconds=LEASE_SECONDS,
            )
            return await step()

    async def give_up(self) -> int:
        """One step of giving up."""
        return await give_up(self.log, self.stage, PATIENCE)

    async def said(self) -> list[tuple[type, str]]:
        """Type and claim of every event in the log."""
        async with self.log.pool.acquire() as connection:
            recorded = [
                r for shard in (0, 1) for r in await read_shard(connection, "medical_data", shard, 0, 999)
            ]
        return [(type(r.decode()), r.subject.removeprefix("claim-")) for r in recorded]

    async def revisions(self) -> list[int]:
        """The revision that each answer is about."""
        async with self.log.pool.acquire() as connection:
            recorded = [
                r for shard in (0, 1) for r in await read_shard(connection, "medical_data", shard, 0, 999)
            ]
        answers = [r.decode() for r in recorded]
        return [
            answer.revision for answer in answers if isinstance(answer, RecordsAttached | RecordsUnavailable)
        ]

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        queries = orjson.loads(request.content)
        self.asked += [query["setl_id"] for query in queries]
        self.arrived.set()
        await self.may_answer.wait()
        results = [
            {
                "setl_id": query["setl_id"],
                "found": True,
                "as_of": "2026-05-10T10:00:00Z",
                "medfee_sumamt": "1500.00",
                "fund_pay_sumamt": "600.00",
            }
            for query in queries
        ]
        return httpx2.Response(200, content=orjson.dumps({"results": results}))


@pytest.fixture
async def office(database: str, tmp_path: Path) -> AsyncIterator[Office]:
    """An office in a fresh database."""
    pool = await open_pool(database, "medical_data", size=6)
    key_pool = await open_key_pool(database, max_size=2)
    async with key_pool.acquire() as connection:
        await install_key_store(connection)
    made = Office(pool, KeyStore(key_pool, create_master_key(tmp_path / "master.key")))
    await made.log.prepare([MIGRATIONS])
    yield made
    await key_pool.close()
    await pool.close()


async def test_replicas_share_the_claims_and_attach_each_once(office: Office) -> None:
    claims = [f"claim-{number:02}" for number in range(40)]
    for number, claim_id in enumerate(claims):
        await office.register(claim_id, person=number % 7 + 1)
    steps = await asyncio.gather(*(office.look_up(batch_size=7) for _ in range(4)))
    while await office.look_up(batch_size=7):
        pass
    assert max(steps) == 7
    assert sorted(office.asked) == [f"S-{claim_id}" for claim_id in claims]
    assert sorted(await office.said()) == [(RecordsAttached, claim_id) for claim_id in claims]


async def test_a_question_whose_process_died_is_asked_again_when_its_lease_runs_out(office: Office) -> None:
    await office.register("one")
    office.may_answer.clear()
    dying = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    office.may_answer.set()
    assert await office.look_up() == 0
    office.now += timedelta(seconds=LEASE_SECONDS)
    assert await office.look_up() == 1
    assert await office.said() == [(RecordsAttached, "one")]


async def test_an_answer_that_another_replica_has_recorded_meanwhile_is_dropped(office: Office) -> None:
    await office.register("one")
    office.may_answer.clear()
    slow = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    office.now += timedelta(seconds=LEASE_SECONDS)
    office.may_answer.set()
    await asyncio.gather(slow, office.look_up())
    assert await office.said() == [(RecordsAttached, "one")]


async def test_who_is_erased_while_the_bureau_is_asked_gets_no_new_key_for_the_answer(office: Office) -> None:
    person_id = await office.register("one")
    office.may_answer.clear()
    asking = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    assert await office.keys.destroy(person_id)
    office.may_answer.set()
    await asking
    assert await office.said() == []
    async with office.log.pool.acquire() as connection:
        live = await connection.fetchval(
            "select count(*) from privacy.person_key where owner = $1 and wrapped_key is not null", person_id
        )
    assert live == 0
    assert await office.give_up() == 1
    assert await office.said() == [(RecordsUnavailable, "one")]


async def test_a_claim_given_up_while_the_bureau_is_asked_gets_its_records_afterwards(office: Office) -> None:
    await office.register("one")
    office.may_answer.clear()
    asking = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    office.now += PATIENCE.within
    assert await office.give_up() == 1
    office.may_answer.set()
    await asking
    assert await office.said() == [(RecordsUnavailable, "one"), (RecordsAttached, "one")]


async def test_a_claim_that_a_decision_waits_for_goes_before_those_that_were_given_up(office: Office) -> None:
    await office.register("given-up")
    office.now += PATIENCE.within
    await office.give_up()
    office.now += PATIENCE.late_pause
    await office.register("fresh")
    assert [await office.look_up(batch_size=1) for _ in range(2)] == [1, 1]
    assert office.asked == ["S-fresh", "S-given-up"]


async def test_a_claim_that_was_never_asked_for_in_time_is_given_up_with_that_reason(office: Office) -> None:
    await office.register("one")
    office.now += PATIENCE.within
    await office.give_up()
    async with office.log.pool.acquire() as connection:
        events = [r for shard in (0, 1) for r in await read_shard(connection, "medical_data", shard, 0, 9)]
    (event,) = [recorded.decode() for recorded in events]
    assert isinstance(event, RecordsUnavailable)
    assert (event.reason, event.attempts) == ("not_asked_in_time", 0)


async def test_a_claim_is_forgotten_when_even_the_late_period_is_over(office: Office) -> None:
    await office.register("one")
    office.now += PATIENCE.within
    await office.give_up()
    office.now += PATIENCE.late_within
    await office.give_up()
    assert await office.look_up() == 0
    assert await office.said() == [(RecordsUnavailable, "one")]


async def test_a_corrected_claim_is_asked_for_again_and_answered_with_its_revision(office: Office) -> None:
    await office.register("one")
    await office.look_up()
    await office.register("one", revision=2)
    assert await office.look_up() == 1
    assert await office.revisions() == [1, 2]


async def test_an_answer_about_a_content_that_was_corrected_meanwhile_is_dropped(office: Office) -> None:
    await office.register("one")
    office.may_answer.clear()
    asking = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    await office.register("one", revision=2)
    office.may_answer.set()
    await asking
    assert await office.revisions() == []
    assert await office.look_up() == 1
    assert await office.revisions() == [2]


async def test_what_was_given_up_gets_a_new_budget_with_its_correction(office: Office) -> None:
    await office.register("one")
    office.now += PATIENCE.within
    await office.give_up()
    await office.register("one", revision=2)
    assert await office.give_up() == 0
    assert await office.look_up() == 1
    assert await office.said() == [(RecordsUnavailable, "one"), (RecordsAttached, "one")]
    assert await office.revisions() == [1, 2]


async def test_nobody_asks_for_a_withdrawn_claim(office: Office) -> None:
    for claim_id in ("waiting", "late"):
        await office.register(claim_id)
    await office.hear(a_claim_withdrawn("waiting"))
    office.now += PATIENCE.within
    assert await office.give_up() == 1
    await office.hear(a_claim_withdrawn("late"))
    office.now += PATIENCE.late_pause
    assert await office.look_up() == 0
    assert await office.said() == [(RecordsUnavailable, "late")]


async def test_an_answer_about_a_claim_that_was_withdrawn_meanwhile_is_dropped(office: Office) -> None:
    await office.register("one")
    office.may_answer.clear()
    asking = asyncio.create_task(office.look_up())
    await office.arrived.wait()
    await office.hear(a_claim_withdrawn("one"))
    office.may_answer.set()
    await asking
    assert await office.said() == []


async def test_what_was_answered_is_not_asked_for_again_when_it_is_announced_again(office: Office) -> None:
    await office.register("one", revision=2)
    await office.look_up()
    await office.register("one")
    await office.register("one", revision=2)
    assert await office.look_up() == 0


@pytest.mark.parametrize("claims", [1, 12])
async def test_a_look_up_of_any_size_takes_as_few_statements(office: Office, claims: int) -> None:
    office.log.on_append(lambda appended: None)
    await office.register("before")
    await office.look_up()  # the connection learns its types
    for number in range(claims):
        await office.register(f"c{number}", person=number + 1)
    sent = await watch(office.log)
    assert await office.look_up() == claims
    assert len(sent) <= MOST_STATEMENTS_OF_A_LOOK_UP, "\n".join(sent)
    assert len(await office.said()) == 1 + claims
