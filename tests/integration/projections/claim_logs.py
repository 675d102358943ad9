"""Whole histories of claims in the services' own logs, and projections that follow them."""

import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from libs.contracts import ClaimEvent, Event
from libs.eventlog import Append, Consumer, EventLog
from libs.eventlog.database import open_pool
from services.projections.adapters.event_tables import TableSource
from services.projections.claims.parts import PARTS
from services.projections.read_model import CLAIMS, GENERATIONS
from services.projections.use_cases.announce_versions import announce_versions
from tests.unit.projections.told_claims import (
    Story,
    a_held_payment,
    a_one_stop_claim,
    a_paid_claim,
    a_redecided_claim,
    a_rejected_payment,
    a_returned_payment,
    a_withdrawn_claim,
    an_instructed_payment,
)

SHARDS = 4
_START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Logs:
    """The logs of all sources of the read model in one database; time moves a second with every claim."""

    def __init__(self, by_source: Mapping[str, EventLog], choice: random.Random) -> None:
        self.by_source = by_source
        self._choice = choice
        self._now = _START
        self.claims = 0

    def clock(self) -> datetime:
        """The present."""
        return self._now

    async def tell(self, claims: int) -> None:
        """Record the whole way of so many more claims, of several endings and people."""
        for number in range(self.claims, self.claims + claims):
            await self._record(f"claim-{number}", self._story(number))
        self.claims += claims

    async def tell_story(self, claim_id: str, story: Story) -> None:
        """Record a claim's way as it is told, under an id of its own."""
        await self._record(f"claim-{claim_id}", _about(story, {"claim_id": claim_id}))

    async def tell_raw(self, source: str, stream_id: str, events: Sequence[Event]) -> None:
        """Record events of one source as they are, whether or not they can be read."""
        self._now += timedelta(seconds=1)
        async with self.by_source[source].transaction() as work:
            work.append(Append(stream_id, 0, events))

    async def _record(self, stream_id: str, story: Story) -> None:
        self._now += timedelta(seconds=1)
        for source, events in story.items():
            async with self.by_source[source].transaction() as work:
                work.append(Append(stream_id, 0, events))

    def _story(self, number: int) -> Story:
        payout: list[ClaimEvent] = self._choice.choice(
            [
                a_paid_claim()["payout"],
                [a_held_payment()],
                [an_instructed_payment(), a_rejected_payment()],
                [*a_paid_claim()["payout"], a_returned_payment()],
            ]
        )
        about = {"claim_id": f"c{number}", "person_id": f"p_{number % 97:032x}"}
        if self._choice.random() < 0.3:
            return _about(
                self._choice.choice([a_redecided_claim, a_withdrawn_claim, a_one_stop_claim])(), about
            )
        return _about(a_paid_claim() | {"payout": payout}, about)


_IDS = (
    "decision_id",
    "supersedes",
    "replaced_by",
    "payment_id",
    "clawback_id",
    "repayment_id",
    "referral_id",
    "difference_id",
    "review_id",
    "ruling_id",
    "appeal_id",
)


def _about(story: Story, about: Mapping[str, str]) -> Story:
    """The story of another claim: its decisions, payments and the like have ids of their own, too."""
    return {source: [_renamed(event, about) for event in events] for source, events in story.items()}


def _renamed(event: ClaimEvent, about: Mapping[str, str]) -> ClaimEvent:
    known = {name: getattr(event, name, None) for name in _IDS}
    ids = {name: f"{about['claim_id']}-{value}" for name, value in known.items() if value is not None}
    return event.model_copy(update=dict(about) | ids)


@asynccontextmanager
async def open_logs(database: str, *, seed: int = 1) -> AsyncIterator[Logs]:
    """Empty logs of every source."""
    async with AsyncExitStack() as stack:
        by_source: dict[str, EventLog] = {}
        logs = Logs(by_source, random.Random(seed))
        for source in CLAIMS.subscriptions:
            pool = await open_pool(database, source, size=2)
            stack.push_async_callback(pool.close)
            by_source[source] = EventLog(pool, source, SHARDS, logs.clock, uuid4)
            await by_source[source].prepare()
        yield logs


class Follower:
    """Projections that follow the logs in this process, in a schema of their own."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        sources = {name: TableSource(log.pool, name, CLAIMS.handled_types) for name in CLAIMS.subscriptions}
        self.consumer = Consumer(log, dict(sources), CLAIMS.handler, CLAIMS.handled_types, batch_size=50)

    async def follow(self) -> None:
        """Process what the logs have more."""
        for source in CLAIMS.subscriptions:
            await self.consumer.catch_up(source, range(SHARDS))

    async def everything(self) -> Mapping[str, list[str]]:
        """Every row of every table as text, in an order of its own."""
        return {table: await self._rows(table) for table in ("claim", "step", *PARTS)}

    async def _rows(self, table: str) -> list[str]:
        rows = await self.log.pool.fetch(f"select t::text as row from {table} as t order by 1")
        return [row["row"] for row in rows]


@asynccontextmanager
async def following(database: str, schema: str = "projections") -> AsyncIterator[Follower]:
    """Projections in `schema`, started as the service starts them."""
    pool = await open_pool(database, schema, size=4)
    try:
        log = EventLog(pool, schema, SHARDS, lambda: _START, uuid4)
        await log.prepare([CLAIMS.migrations, GENERATIONS])
        await announce_versions(log)
        follower = Follower(log)
        await follower.consumer.prepare()
        yield follower
    finally:
        await pool.close()


async def reference(database: str) -> Mapping[str, list[str]]:
    """What projections that hear everything once, by the live handler, have in their tables."""
    async with following(database, "reference") as follower:
        await follower.follow()
        return await follower.everything()


def statuses(rows: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Generations as (number, status)."""
    return [(row["generation"], row["status"]) for row in rows]
