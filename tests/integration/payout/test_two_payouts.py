"""Two payouts on one database and one bank take each other's work at any moment, and make no payment twice."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_OID, uuid4, uuid5

import asyncpg
import pytest
from msgspec.structs import replace

import services.payout
from libs.contracts import Event
from libs.contracts.payout import PaymentSettled
from libs.eventlog import ConcurrencyConflict, EventLog, States, is_operational, read
from libs.eventlog.database import open_pool
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import KeyStore, Sealer, create_master_key, install_key_store, open_key_pool
from libs.testing.heard_events import a_claim_adjudicated, a_coverage_activated, person_numbered
from libs.testing.recorded import a_recorded
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_errors import BankUnreachable
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import Command, Reject
from services.payout.domain.ids import payment_id_of
from services.payout.domain.payments import decide
from services.payout.use_cases.close_files import close_file
from services.payout.use_cases.hear_events import hear_events
from services.payout.use_cases.read_answers import read_answers
from services.payout.use_cases.release_held import release_held
from services.payout.use_cases.send_files import Debtor, send_file
from services.payout.use_cases.skip_answer import skip_answer
from tests.integration.payout.bank_process import ACCOUNT_NUMBER, BankProcess

_MIGRATIONS = Path(services.payout.__file__).parent / "migrations"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
# Before the day of the test's bank, so that its execution dates are never in the bank's future.
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@dataclass
class OnePayout:
    """One process's worth of payout, stepped by the test."""

    log: EventLog
    stage: Stage[Account, Command]
    bank: Bank
    sealer: Sealer

    async def hear(self, source: str, *events: Event) -> None:
        handle = hear_events(self.stage, lambda _: None, *[lambda: None] * 3)
        recorded = [replace(a_recorded(source, event), traceparent=TRACE) for event in events]
        while True:
            try:
                async with self.log.transaction() as work:
                    return await handle(work, recorded)
            except ConcurrencyConflict:
                # The other process was first with this person; a consumer tries again, too.
                continue

    def steps(self) -> list[Callable[[], Awaitable[int]]]:
        debtor = Debtor("惠济共保体", ACCOUNT_NUMBER, "105290036005")
        return [
            lambda: release_held(self.log, self.stage),
            lambda: close_file(self.log, 5),
            lambda: send_file(self.log, self.stage, self.bank, self.sealer, debtor),
            lambda: read_answers(self.log, self.stage, self.bank),
        ]

    async def under_way(self) -> int:
        count: int = await self.log.pool.fetchval(
            "select (select count(*) from payment where status = 'instructed') + (select count(*) from held)"
        )
        return count

    async def work(self, choice: random.Random) -> None:
        """Steps in random order until nothing is under way; what a pump would try again is tried again."""
        while await self.under_way():
            try:
                await choice.choice(self.steps())()
            except Exception as error:
                if not (isinstance(error, BankUnreachable) or is_operational(error)):
                    raise


@pytest.fixture
async def payouts(
    database: str, running: BankProcess, tmp_path: Path
) -> AsyncIterator[tuple[OnePayout, OnePayout]]:
    master = create_master_key(tmp_path / "master.key")
    connection = await asyncpg.connect(database)
    await install_key_store(connection)
    await connection.close()
    async with AsyncExitStack() as resources:
        key_pool = await open_key_pool(database, max_size=2)
        resources.push_async_callback(key_pool.close)
        made = []
        for _ in range(2):
            pool = await open_pool(database, "payout", size=3)
            resources.push_async_callback(pool.close)
            log = EventLog(pool, "payout", 4, lambda: NOW, uuid4)
            await log.prepare([_MIGRATIONS])
            bank = await resources.enter_async_context(Bank(BankSettings(url=running.url)))
            stage = Stage(States("payout", initial, evolve), decide)
            made.append(OnePayout(log, stage, bank, Sealer(KeyStore(key_pool, master))))
        yield made[0], made[1]


async def coverage_of(payout: OnePayout, person_id: str) -> Event:
    identity = {"name": "李四", "account": "6222021234567890123", "account_bank": "102290000123"}
    (sealed,) = await payout.sealer.seal_many([(person_id, "CoverageActivated.identity", identity)])
    return a_coverage_activated(person_id=person_id, identity=sealed)


@pytest.mark.parametrize("seed", range(3))
async def test_two_processes_pay_every_decision_once_and_keep_its_trace(
    payouts: tuple[OnePayout, OnePayout], running: BankProcess, seed: int
) -> None:
    first, second = payouts
    decided = [
        a_claim_adjudicated(
            f"c{number}",
            person_id=person_numbered(number % 4),
            decision_id=str(uuid5(NAMESPACE_OID, f"d{number}")),
            plan_pays_fen=100 + number,
        )
        for number in range(30)
    ]
    coverages = [await coverage_of(first, person_numbered(number)) for number in range(4)]
    # Each half of the decisions is heard by another process, at the same time as the accounts are.
    await asyncio.gather(
        first.hear("adjudication", *decided[:15]),
        second.hear("enrolment", *coverages),
        second.hear("adjudication", *decided[15:]),
    )
    await asyncio.gather(first.work(random.Random(seed)), second.work(random.Random(seed + 100)))

    booked = Counter(
        row["end_to_end_id"] for row in running.operate("GET", "/_mock/payments") if row["booked_at"]
    )
    assert len(booked) == 30
    assert set(booked.values()) == {1}
    assert running.spent_fen() == sum(decision.plan_pays_fen for decision in decided)
    async with first.log.pool.acquire() as connection:
        pages = [await read.read_shard(connection, "payout", shard, 0, 1_000) for shard in range(4)]
        posted = await connection.fetchval("select sum(amount_fen) from posting")
    settled = [
        recorded for page in pages for recorded in page if isinstance(recorded.decode(), PaymentSettled)
    ]
    assert [recorded.traceparent for recorded in settled] == [TRACE] * 30
    assert posted == 0
    assert await first.log.pool.fetch("select * from unmatched") == []


async def test_a_booking_of_a_payment_we_take_for_rejected_is_for_a_person_to_look_at(
    payouts: tuple[OnePayout, OnePayout],
) -> None:
    payout, _ = payouts
    decision = a_claim_adjudicated(decision_id=str(uuid5(NAMESPACE_OID, "d")))
    await payout.hear("enrolment", await coverage_of(payout, decision.person_id))
    await payout.hear("adjudication", decision)
    _, close, send, read_next = payout.steps()
    assert [await close(), await send()] == [1, 1]
    async with payout.log.transaction() as work:
        reject = Reject(payment_id_of(decision.decision_id), "NOT_AT_BANK", work.now)
        await payout.stage.apply(work, [Instruction(f"person-{decision.person_id}", reject)])
    assert await read_next() == 2
    (row,) = await payout.log.pool.fetch("select what, amount_fen from unmatched")
    assert (row["what"], row["amount_fen"]) == ("not_expected", decision.plan_pays_fen)


async def test_only_the_next_answer_can_be_skipped_and_it_is_noted(
    payouts: tuple[OnePayout, OnePayout],
) -> None:
    payout, _ = payouts
    assert await skip_answer(payout.log, 2) is False
    assert await skip_answer(payout.log, 1) is True
    assert await skip_answer(payout.log, 1) is False
    (row,) = await payout.log.pool.fetch("select position, what from unmatched")
    assert (row["position"], row["what"]) == (1, "skipped")
