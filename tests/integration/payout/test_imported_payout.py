"""A deployment that was exported and imported elsewhere pays nothing a second time and owes what it owed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.contracts.payout import PaymentHeld
from libs.eventlog import Recorded
from libs.local_platform import Processes, start_embedded_broker
from libs.testing.postgres import PostgresUnderTest
from libs.testing.waiting import wait_until
from services.operations.use_cases.export_history import export_deployment
from services.operations.use_cases.import_history import import_history
from tests.integration.payout.payout_world import PayoutWorld, payout_world

_FIELDS = [name for name in Recorded.__struct_fields__ if name != "source"]


@pytest.fixture
def world(postgres: PostgresUnderTest, tmp_path: Path) -> Iterator[PayoutWorld]:
    with payout_world(postgres, tmp_path) as started:
        yield started


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[str]:
    with Processes(tmp_path / "broker-logs") as processes:
        yield start_embedded_broker(processes).bootstrap


def test_nothing_is_paid_twice_and_what_was_under_way_or_waited_is_paid_once(
    world: PayoutWorld, postgres: PostgresUnderTest, new_broker: str, tmp_path: Path
) -> None:
    services = world.services
    known, unknown = world.new_person(), world.new_person()
    services.say("enrolment", world.coverage(known))
    paid = world.decisions(known, 12)
    services.say("adjudication", *paid)
    world.assert_paid_once(paid)
    waiting = world.decisions(unknown, 1)
    services.say("adjudication", *waiting)
    services.wait_for("payout", PaymentHeld, 1)
    under_way = world.decisions(world.new_person(), 9)
    services.say("enrolment", world.coverage(under_way[0].person_id))
    services.wait_until_heard("payout", "enrolment")
    world.bank.stands_still()
    try:
        services.say("adjudication", *under_way)
        wait_until(
            lambda: services.query("payout", "select 1 from payment_file where status = 'closed'") != [],
            "a file is on its way to a bank that does not answer",
        )
        world.kill_payout()
    finally:
        world.bank.goes_on()
    before = {(event.shard, event.position): event.hash for event in _log(world)}
    moved_to = postgres.create_database()
    try:
        _move(world, moved_to, new_broker, tmp_path / "export")
        after = {(event.shard, event.position): event.hash for event in _log(world)}
        assert {place: after[place] for place in before} == before
        world.assert_paid_once([*paid, *under_way])
        services.say("enrolment", world.coverage(unknown))
        world.assert_paid_once([*paid, *under_way, *waiting])
        booked = world.bank.booked()
        assert (len(booked), set(booked.values())) == (len(paid) + len(under_way) + len(waiting), {1})
    finally:
        for name in ("payout", "adjudication", "enrolment"):
            services.stop(name)
        postgres.drop_database(moved_to)


def _log(world: PayoutWorld) -> list[Recorded]:
    rows = world.services.query("payout", f"select {', '.join(_FIELDS)} from event order by shard, position")
    return [Recorded("payout", **row) for row in rows]


def _move(world: PayoutWorld, database_url: str, bootstrap: str, export: Path) -> None:
    """Export everything, let the original end, and start the same services on another database and broker."""
    services = world.services
    asyncio.run(export_deployment(services.database_url, export, datetime.now(UTC), keys=True))
    services.stop("adjudication")
    services.stop("enrolment")
    asyncio.run(import_history(database_url, export, take_over=True))
    services.database_url, services.bootstrap = database_url, bootstrap
    services.start_source("adjudication", "enrolment")
    world.start_payout()
