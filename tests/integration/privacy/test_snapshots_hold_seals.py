"""What is planted sealed stands sealed in snapshots, too, and is noise once its person is erased; and the commands
find a snapshot that somebody has changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.snapshots import SnapshotPolicy
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import Erased, KeyStore, Sealer
from libs.testing.canaries import Canaries
from libs.testing.staff import written_staff
from services.adjudication.adapters.person_states import person_states
from services.adjudication.domain.commands import Heard, TakeNote
from services.adjudication.domain.process import decide as decide_claim
from services.operations.entrypoints.commands import app
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


async def test_the_commands_find_a_changed_snapshot_and_make_it_anew(
    logs: dict[str, EventLog], keys: KeyStore, database: str, tmp_path: Path
) -> None:
    await a_decided_and_unpayable_claim(logs, Sealer(keys))
    platform = tmp_path / "platform.json"
    known = {"services": {}, "database_url": database, "staff_file": str(written_staff(tmp_path))}
    platform.write_text(json.dumps(known))

    async def huiji(*words: str) -> Result:
        arguments = ["snapshots", *words, "--platform", str(platform)]
        return await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"NO_COLOR": "1"})

    listed = json.loads((await huiji("list", "--json")).stdout)
    assert [(row["service"], row["snapshots"]) for row in listed] == [("adjudication", 1), ("payout", 1)]
    await change(database, "update payout.snapshot set state = overlay(state placing '\\xff' from 3)")
    broken = await huiji("check", "--json")
    assert broken.exit_code == 1
    findings = json.loads(broken.stdout)["findings"]
    assert {one["rule"] for one in findings} == {"snapshot_is_as_written", "snapshot_is_fold"}
    assert {one["about"] for one in findings} == {f"payout {STREAM} version 3"}
    assert (await huiji("rebuild", "--by", "clerk")).exit_code == 1
    assert json.loads((await huiji("rebuild", "--by", "li", "--json")).stdout) == {
        service: {"rebuilt": 1, "unreadable": 0} for service in ("adjudication", "payout")
    }
    holds = await huiji("check")
    assert (holds.exit_code, holds.stdout.split(",")[0]) == (0, "holds: 2 snapshots")
    assert (await huiji("drop", "--by", "clerk")).exit_code == 1
    dropped = (await huiji("drop", "--by", "li")).stdout.splitlines()
    assert [line.split() for line in dropped] == [
        ["service", "dropped"],
        ["adjudication", "1"],
        ["payout", "1"],
    ]
    assert "No service has a snapshot now" in (await huiji("rebuild", "--by", "li")).stdout
    assert "No service has a snapshot now" in (await huiji("list")).stdout


async def change(database: str, statement: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(statement)
    await connection.close()
