"""Whatever order the bank tells its words in, and whenever payout hears of the decision, the end is the same."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_OID, uuid4, uuid5

import pytest

import services.payout
from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.payout import PaymentInstructed, PaymentReturned, PaymentSettled
from libs.eventlog import EventLog, States
from libs.eventlog.database import open_pool
from libs.eventlog.read import read_stream
from libs.eventlog.stage import Stage
from libs.interop.iso20022 import BookedEntry, Notification, StatusReport, TransactionStatus
from libs.testing.heard_events import a_claim_adjudicated, a_coverage_activated, person_numbered
from libs.testing.recorded import a_recorded
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_answers import Answer
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import Command
from services.payout.domain.ids import end_to_end_id_of, payment_id_of
from services.payout.domain.payments import decide
from services.payout.use_cases.close_files import close_file, file_id_of, message_id_of
from services.payout.use_cases.hear_events import hear_events
from services.payout.use_cases.read_answers import read_answers
from services.payout.use_cases.take_up_words import take_up_words

_MIGRATIONS = Path(services.payout.__file__).parent / "migrations"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
Word = Literal["accepted", "booked", "returned"]
WORDS: tuple[Word, ...] = ("accepted", "booked", "returned")
STEPS: tuple[Word | Literal["heard"], ...] = ("heard", *WORDS)


class TellingBank(Bank):
    """A bank that has told what the test makes it tell."""

    def __init__(self) -> None:
        super().__init__(BankSettings(url="http://127.0.0.1:1"))
        self.told: list[Answer] = []

    def tell(self, decision: ClaimAdjudicated, word: Word) -> None:
        payment_id = payment_id_of(decision.decision_id)
        ours, file = end_to_end_id_of(payment_id), message_id_of(file_id_of([payment_id]))
        position = len(self.told) + 1
        if word == "accepted":
            statuses = (TransactionStatus(ours, "ACCP"),)
            self._say(StatusReport(f"S{position}", NOW, file, "ACCP", (), statuses))
            return
        entry = BookedEntry(
            bank_reference=f"{word}-{decision.claim_id}",
            end_to_end_id=ours,
            original_message_id=file,
            amount_fen=decision.plan_pays_fen,
            direction="debit" if word == "booked" else "credit",
            booked_on=date(2026, 11, 23),
            booked_at=None,
            return_reason="AC04" if word == "returned" else None,
            reversal=False,
        )
        self._say((Notification(f"N{position}", NOW, "pool", (entry,)),))

    def _say(self, content: StatusReport | tuple[Notification, ...]) -> None:
        position = len(self.told) + 1
        self.told.append(Answer(position, "", f"B{position}", content))

    async def answers(self, after: int, limit: int = 100) -> list[Answer]:
        return self.told[after : after + limit]


@dataclass
class SteppedPayout:
    """Payout whose steps the test makes."""

    log: EventLog
    stage: Stage[Account, Command]
    bank: TellingBank = field(default_factory=TellingBank)

    async def hear(self, source: str, event: Event) -> None:
        async with self.log.transaction() as work:
            await hear_events(self.stage, lambda _: None, *[lambda: None] * 3)(
                work, [a_recorded(source, event)]
            )

    async def decided(self, number: int) -> ClaimAdjudicated:
        """A decision for a person of its own whose account is known; payout has not heard of it yet."""
        person_id = person_numbered(number)
        await self.hear("enrolment", a_coverage_activated(f"coverage-{number}", person_id=person_id))
        decision_id = str(uuid5(NAMESPACE_OID, f"told-{number}"))
        return a_claim_adjudicated(f"claim-{number}", person_id=person_id, decision_id=decision_id)

    async def work(self) -> None:
        """What the pumps do, and the bank takes every file."""
        while await read_answers(self.log, self.stage, self.bank):
            continue
        await take_up_words(self.log, self.stage)
        await close_file(self.log, 5)
        await self.log.pool.execute("update payment_file set status = 'sent', sent_at = $1", NOW)

    async def assert_came_back(self, decision: ClaimAdjudicated) -> None:
        """Paid once, come back once, each by the bank's own reference; nothing is left for a person to look at."""
        stream_id = f"person-{decision.person_id}"
        async with self.log.pool.acquire() as connection:
            events = [one.decode() for one in await read_stream(connection, "payout", stream_id, 0, 100)]
        assert [type(event) for event in events] == [PaymentInstructed, PaymentSettled, PaymentReturned]
        moved = [event for event in events if isinstance(event, PaymentSettled | PaymentReturned)]
        assert [event.bank_reference for event in moved] == [
            f"booked-{decision.claim_id}",
            f"returned-{decision.claim_id}",
        ]
        query = "select status from payment where payment_id = $1"
        assert await self.log.pool.fetchval(query, payment_id_of(decision.decision_id)) == "returned"
        assert await self.log.pool.fetch("select * from unmatched") == []

    async def balance_fen(self, kind: str) -> int:
        query = "select coalesce(sum(amount_fen), 0)::bigint from posting where account like $1 || ':%'"
        balance: int = await self.log.pool.fetchval(query, kind)
        return balance


@pytest.fixture
async def payout(database: str) -> AsyncIterator[SteppedPayout]:
    pool = await open_pool(database, "payout", size=2)
    try:
        log = EventLog(pool, "payout", 2, lambda: NOW, uuid4)
        await log.prepare([_MIGRATIONS])
        yield SteppedPayout(log, Stage(States("payout", initial, evolve), decide))
    finally:
        await pool.close()


async def assert_books(payout: SteppedPayout, decisions: Sequence[ClaimAdjudicated]) -> None:
    owed_fen = sum(decision.plan_pays_fen for decision in decisions)
    kinds = ("bank", "claims_payable", "claims_unpayable", "claims_expense")
    assert [await payout.balance_fen(kind) for kind in kinds] == [0, 0, -owed_fen, owed_fen]


async def test_each_word_at_its_own_time_and_the_decision_heard_before_between_or_after(
    payout: SteppedPayout,
) -> None:
    """A decision heard after words of the bank's is one that a restored payout hears again."""
    orders = list(permutations(STEPS))
    decisions = [await payout.decided(number) for number in range(len(orders))]
    for decision, order in zip(decisions, orders, strict=True):
        for step in order:
            if step == "heard":
                await payout.hear("adjudication", decision)
            else:
                payout.bank.tell(decision, step)
            await payout.work()
        await payout.assert_came_back(decision)
    await assert_books(payout, decisions)


async def test_all_words_in_one_reading(payout: SteppedPayout) -> None:
    orders = list(permutations(WORDS))
    decisions = [await payout.decided(number) for number in range(len(orders))]
    for decision, order in zip(decisions, orders, strict=True):
        await payout.hear("adjudication", decision)
        await payout.work()
        for word in order:
            payout.bank.tell(decision, word)
        assert await read_answers(payout.log, payout.stage, payout.bank) == len(order)
        await payout.assert_came_back(decision)
    await assert_books(payout, decisions)


async def test_a_return_is_for_a_person_to_look_at_until_its_booking_is_told(payout: SteppedPayout) -> None:
    decision = await payout.decided(0)
    await payout.hear("adjudication", decision)
    await payout.work()
    payout.bank.tell(decision, "returned")
    await payout.work()
    (waiting,) = await payout.log.pool.fetch("select what, bank_reference from unmatched")
    assert tuple(waiting) == ("not_expected", f"returned-{decision.claim_id}")
    payout.bank.tell(decision, "booked")
    assert await read_answers(payout.log, payout.stage, payout.bank) == 1
    await payout.assert_came_back(decision)
