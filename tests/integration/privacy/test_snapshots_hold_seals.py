"""What is planted sealed stands sealed in snapshots, too, and is noise once its person is erased; and the services' own
tools find a snapshot that somebody has changed."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from uuid import uuid4

import asyncpg
import pytest

from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.snapshots import SnapshotPolicy
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import Erased, KeyStore, Sealer
from libs.testing.canaries import Canaries
from services.adjudication.adapters.person_states import person_states
from services.adjudication.domain.commands import Heard, TakeNote
from services.adjudication.domain.process import decide as decide_claim
from services.operations.adapters.snapshot_tools import check_all, counted_snapshots, drop_all, rebuild_all
from services.payout.adapters.account_states import account_states
from services.payout.domain.commands import PayDecision, ProposePayAgain, Reject
from services.payout.domain.ids import payment_id_of
from services.payout.domain.payments import decide as decide_payment
from tests.unit.adjudication.heard_events import attached, covered, registered, scored
from tests.unit.adjudication.told_person import CLOCKS, PLANS
from tests.unit.payout.decisions import NOW, PERSON, a_decision

PLANTED = {"name": "甄可追Canary", "account": "6222021234567890123", "account_bank": "102290000123"}
CREDITOR = "PaymentInstructed.creditor"
EVERY_EVENT = SnapshotPolicy(every=1)
STREAM = f"person-{PERSON}"


@pytest.fixture
async def logs(database: str) -> AsyncIterator[dict[str, EventLog]]:
    """The logs of adjudication and payout, without their own tables."""
    pools = {source: await open_pool(database, source, size=2) for source in ("adjudication", "payout")}
    made = {source: EventLog(pool, source, 2, lambda: NOW, uuid4) for source, pool in pools.items()}
    for log in made.values():
        await log.prepare()
    yield made
    for pool in pools.values():
        await pool.close()


async def a_decided_and_unpayable_claim(logs: dict[str, EventLog], sealer: Sealer) -> str:
    """A claim of a person whose account the bank refuses; staff proposes another. Answers the account's seal."""
    identity, sealed = await sealer.seal_many(
        [(PERSON, "ClaimRegistered.identity", PLANTED), (PERSON, CREDITOR, PLANTED)]
    )
    stage = Stage(person_states(EVERY_EVENT), partial(decide_claim, plans=PLANS))
    heard: list[Heard] = [
        covered(PERSON),
        registered("c1", PERSON, identity=identity),
        attached("c1", PERSON),
        scored("c1", PERSON),
    ]
    async with logs["adjudication"].transaction() as work:
        await stage.apply(work, [Instruction(STREAM, TakeNote(one, NOW, CLOCKS)) for one in heard])
    paying = Stage(account_states(EVERY_EVENT), decide_payment)
    payment_id = payment_id_of("d1")
    async with logs["payout"].transaction() as work:
        await paying.apply(
            work,
            [
                Instruction(STREAM, PayDecision(a_decision("d1"), sealed, frozenset(), NOW)),
                Instruction(STREAM, Reject(payment_id, "AC04", NOW)),
                Instruction(STREAM, ProposePayAgain(payment_id, sealed, "operator-01", NOW)),
            ],
        )
    return sealed


async def kept(logs: dict[str, EventLog]) -> list[tuple[str, bytes]]:
    """The bytes of every snapshot."""
    return [
        (source, row["state"])
        for source, log in logs.items()
        for row in await log.pool.fetch("select state from snapshot")
    ]


async def test_nothing_planted_is_readable_before_an_erasure_nor_opens_after_it(
    logs: dict[str, EventLog], keys: KeyStore
) -> None:
    sealer, canaries = Sealer(keys), Canaries(PLANTED)
    sealed = await a_decided_and_unpayable_claim(logs, sealer)
    before = await kept(logs)
    assert [source for source, _ in before] == ["adjudication", "payout"]
    assert sealed.encode() in before[1][1]
    assert await sealer.unseal_many([(sealed, CREDITOR)]) == [PLANTED]
    assert canaries.found_in_any(before) == {}
    await keys.destroy(PERSON)
    after = await kept(logs)
    assert after == before
    assert canaries.found_in_any(after) == {}
    (opened,) = await sealer.unseal_many([(sealed, CREDITOR)])
    assert isinstance(opened, Erased)


async def test_the_services_tools_find_a_changed_snapshot_and_make_it_anew(
    logs: dict[str, EventLog], keys: KeyStore, database: str
) -> None:
    await a_decided_and_unpayable_claim(logs, Sealer(keys))
    checked = await asyncio.to_thread(check_all, database, lambda done, total: None)
    assert (checked.status, checked.counted["snapshots"], checked.notes) == ("holds", 2, ())
    await change(database, "update payout.snapshot set state = overlay(state placing '\\xff' from 3)")
    broken = await asyncio.to_thread(check_all, database, lambda done, total: None)
    assert {one.rule for one in broken.findings} >= {"snapshot_is_as_written", "snapshot_is_fold"}
    assert {one.about for one in broken.findings} == {f"payout {STREAM} version 3"}
    made = await asyncio.to_thread(rebuild_all, database)
    assert made == {service: {"rebuilt": 1, "unreadable": 0} for service in ("adjudication", "payout")}
    mended = await asyncio.to_thread(check_all, database, lambda done, total: None)
    assert mended.status == "holds"
    assert await drop_all(database) == {"adjudication": 1, "payout": 1}
    assert await counted_snapshots(database) == {"adjudication": [], "payout": []}


async def change(database: str, statement: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(statement)
    await connection.close()
