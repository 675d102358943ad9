"""Code that is older than what it meets: it waits, or does not start, and says why; nothing is parked or forgotten."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType
from typing import cast

import asyncpg
import pytest

from libs.contracts import PUBLISHED, registry
from libs.eventlog import said
from libs.eventlog.errors import LogIsNewer, NewerThanThisCode, SchemaIsNewer
from libs.eventlog.migrate import migrate
from tests.support.consumer_world import SHARDS, World, assert_exactly_once, consumer_world, prepared
from tests.support.kernel import add, add_to_many, all_events
from tests.support.ticks import Ticked


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with consumer_world(database) as started:
        yield started


async def test_a_type_that_this_code_has_never_heard_of_waits_for_the_upgrade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the service handles it is known to the newer code alone, and what a lane has passed is not read again."""
    await add_to_many(world.upstream, claims=4, each=2)
    delivered = await all_events(world.upstream)
    with monkeypatch.context() as older:
        older.delitem(registry._BY_TYPE, "Ticked")
        consumer = await prepared(world)
        held = await consumer.process(delivered)
        assert held.keys() == {(event.source, event.shard) for event in delivered}
        with pytest.raises(NewerThanThisCode, match="is Ticked version 1, this code does not know this type"):
            await consumer.catch_up("upstream", range(SHARDS))
        assert (consumer.parked_total, sum(consumer.positions.values())) == (0, 0)
    assert await (await prepared(world)).process(delivered) == {}
    await assert_exactly_once(world)


async def test_a_service_goes_back_until_it_has_said_what_older_code_cannot_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(said, "PUBLISHED", MappingProxyType({**PUBLISHED, "upstream": (Ticked,)}))
    log = world.upstream
    await add(log, "c1", [1], after=0)
    await log.prepare()
    with monkeypatch.context() as newer:
        newer.setattr(Ticked, "schema_version", 2)
        await log.prepare()
    await log.prepare()
    with monkeypatch.context() as newer:
        newer.setattr(Ticked, "schema_version", 2)
        await log.prepare()
        await add(log, "c1", [2], after=1)
    with pytest.raises(
        LogIsNewer, match="upstream has recorded Ticked version 2, which this code does not know"
    ):
        await log.prepare()


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


def release(directory: Path, **files: str) -> list[Path]:
    """The migrations of one release of a service."""
    folder = directory / "payments" / "migrations"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return [folder]


BEFORE = {"_0001_payment": "create table payment (id text);"}


async def test_older_code_works_on_tables_to_which_a_newer_release_has_added(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    older = release(tmp_path / "older", **BEFORE)
    newer = release(tmp_path / "newer", **BEFORE, _0002_note="alter table payment add column note text;")
    assert await migrate(connection, "payout", older) == ["payments/_0001_payment.sql"]
    assert await migrate(connection, "payout", newer) == ["payments/_0002_note.sql"]
    assert await migrate(connection, "payout", older) == []
    assert await migrate(connection, "payout", newer) == []


async def test_a_migration_that_older_code_cannot_work_with_keeps_it_from_starting(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    closing = "-- closes: payments have numbers now\nalter table payment alter column id type bigint using id::bigint;"
    older = release(tmp_path / "older", **BEFORE)
    newer = release(tmp_path / "newer", **BEFORE, _0002_numbers=closing)
    await migrate(connection, "payout", older)
    await migrate(connection, "payout", newer)
    with pytest.raises(
        SchemaIsNewer, match=r"0002_numbers.sql of payout closes .*\(payments have numbers now\)"
    ):
        await migrate(connection, "payout", older)
    assert await migrate(connection, "payout", newer) == []
    # Another service's migrations are nothing to it.
    assert await migrate(connection, "payout", release(tmp_path / "other" / "charity")) == []


async def test_a_schema_of_before_migrations_could_close_it_is_gone_on_with(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    older = release(tmp_path / "older", **BEFORE)
    await migrate(connection, "payout", older)
    await connection.execute("alter table payout.migration drop column closes")
    assert await migrate(connection, "payout", older) == []
    columns = await connection.fetch(
        "select attname from pg_attribute where attrelid = 'payout.migration'::regclass and attnum > 0"
        " and not attisdropped"
    )
    assert "closes" in {cast(str, row["attname"]) for row in columns}
