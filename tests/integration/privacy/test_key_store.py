"""The key store on a real PostgreSQL: one key per person whoever asks, and none after destruction."""

import asyncio
import random
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest

from libs.privacy import (
    DataKey,
    KeyBroken,
    KeyCache,
    KeyCacheSettings,
    KeyDestroyed,
    KeyStore,
    KeyUnknown,
    MasterKeyMissing,
    MasterKeyRing,
    create_master_key,
    install_key_store,
    open_key_pool,
)
from libs.testing.waiting import PATIENCE_SECONDS


def owners(count: int) -> list[str]:
    return [f"p_{uuid4().hex}" for _ in range(count)]


async def test_a_new_owner_gets_a_key_and_keeps_it(keys: KeyStore, watched: KeyStore) -> None:
    (owner,) = owners(1)
    first = await keys.ensure([owner])
    assert await watched.ensure([owner]) == first
    assert await watched.open([first[owner].key_id]) == {first[owner].key_id: first[owner]}


async def test_concurrent_processes_agree_on_one_key_for_each_owner(
    key_pool: asyncpg.Pool, master: MasterKeyRing
) -> None:
    everyone = owners(200)

    async def in_any_order(seed: int) -> dict[str, DataKey]:
        order = random.Random(seed).sample(everyone, len(everyone))
        return await KeyStore(key_pool, master).ensure(order)

    answers = await asyncio.gather(*(in_any_order(seed) for seed in range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert answers[0].keys() == set(everyone)
    assert await key_pool.fetchval("select count(*) from privacy.person_key") == len(everyone)


async def test_a_key_that_another_process_is_just_creating_is_awaited_and_returned(
    key_pool: asyncpg.Pool, master: MasterKeyRing, watched: KeyStore, statements: list[str]
) -> None:
    owner, bystander = owners(2)
    theirs = DataKey(uuid4().hex, bytes(range(32)))
    async with key_pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "insert into privacy.person_key (key_id, owner, master_key_id, wrapped_key) values ($1, $2, $3, $4)",
            UUID(theirs.key_id),
            owner,
            master.active,
            master.wrap(owner, theirs).wrapped,
        )
        ours = asyncio.create_task(watched.ensure([owner, bystander]))
        await until_somebody_waits_for_a_transaction(key_pool)
        await transaction.commit()
        found = await ours
    assert found[owner] == theirs
    assert found.keys() == {owner, bystander}
    assert len(statements) == 3


@pytest.mark.parametrize(("known", "expected"), [(0, 2), (150, 2), (300, 1)])
async def test_a_batch_of_300_is_one_statement_and_one_more_when_any_are_new(
    keys: KeyStore, watched: KeyStore, statements: list[str], known: int, expected: int
) -> None:
    batch = owners(300)
    await keys.ensure(batch[:known])
    found = await watched.ensure(batch)
    assert len(statements) == expected
    assert await watched.ensure(batch) == found
    assert len(statements) == expected, "the second time all are cached"


async def test_300_keys_are_opened_by_one_statement(
    keys: KeyStore, watched: KeyStore, statements: list[str]
) -> None:
    found = await keys.ensure(owners(300))
    by_id = {key.key_id: key for key in found.values()}
    assert await watched.open(by_id.keys()) == by_id
    assert len(statements) == 1


async def test_more_than_a_statement_holds_is_split(watched: KeyStore, statements: list[str]) -> None:
    batch = owners(2_100)
    assert (await watched.ensure(batch)).keys() == set(batch)
    assert len(statements) == 3 + 3, "who has a key, and keys for those who have none"


async def test_nobody_costs_nothing(watched: KeyStore, statements: list[str]) -> None:
    assert await watched.ensure([]) == {}
    assert await watched.open([]) == {}
    assert statements == []


async def test_each_key_that_cannot_be_opened_says_why_and_the_others_open(
    keys: KeyStore, watched: KeyStore, key_pool: asyncpg.Pool
) -> None:
    alive, erased, broken = owners(3)
    found = await keys.ensure([alive, erased, broken])
    await keys.destroy(erased)
    await key_pool.execute(
        "update privacy.person_key set wrapped_key = "
        "(select wrapped_key from privacy.person_key where owner = $1) where owner = $2",
        alive,
        broken,
    )
    unknown = uuid4().hex

    opened = await watched.open([key.key_id for key in found.values()] + [unknown])

    assert opened[found[alive].key_id] == found[alive]
    assert isinstance(opened[found[erased].key_id], KeyDestroyed)
    assert isinstance(opened[found[broken].key_id], KeyBroken)
    assert isinstance(opened[unknown], KeyUnknown)


async def test_destroying_is_done_once_and_the_row_stays_without_its_key(
    keys: KeyStore, key_pool: asyncpg.Pool
) -> None:
    (owner,) = owners(1)
    key = (await keys.ensure([owner]))[owner]
    assert await keys.destroy(owner) is True
    assert await keys.destroy(owner) is False
    row = await key_pool.fetchrow("select * from privacy.person_key where owner = $1", owner)
    assert row is not None and row["key_id"].hex == key.key_id
    assert row["wrapped_key"] is None and row["destroyed_at"] is not None


async def test_a_person_who_returns_gets_a_new_key_and_the_old_stays_destroyed(keys: KeyStore) -> None:
    (owner,) = owners(1)
    old = (await keys.ensure([owner]))[owner]
    await keys.destroy(owner)
    new = (await keys.ensure([owner]))[owner]
    assert new.key_id != old.key_id and new.secret != old.secret
    opened = await keys.open([old.key_id, new.key_id])
    assert isinstance(opened[old.key_id], KeyDestroyed)
    assert opened[new.key_id] == new


async def test_another_process_forgets_when_told_and_by_itself_after_the_time_to_live(
    keys: KeyStore, key_pool: asyncpg.Pool, master: MasterKeyRing
) -> None:
    now = 0.0
    (owner,) = owners(1)
    key_id = (await keys.ensure([owner]))[owner].key_id
    told = KeyStore(key_pool, master)
    untold = KeyStore(key_pool, master, KeyCache(KeyCacheSettings(ttl_seconds=600), clock=lambda: now))
    await told.open([key_id])
    await untold.open([key_id])
    await keys.destroy(owner)

    told.forget(owner)
    assert isinstance((await told.open([key_id]))[key_id], KeyDestroyed)
    assert isinstance((await untold.open([key_id]))[key_id], DataKey), "still cached: the documented window"
    now = 600.0
    assert isinstance((await untold.open([key_id]))[key_id], KeyDestroyed)


async def test_a_key_read_while_its_owner_is_erased_does_not_stay_in_the_cache(
    keys: KeyStore, key_pool: asyncpg.Pool, master: MasterKeyRing
) -> None:
    (owner,) = owners(1)
    key_id = (await keys.ensure([owner]))[owner].key_id

    class ErasedMeanwhile:
        async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
            rows: list[asyncpg.Record] = await key_pool.fetch(query, *arguments)
            await keys.destroy(owner)
            reader.forget(owner)
            return rows

    cache = KeyCache(KeyCacheSettings())
    reader = KeyStore(cast("asyncpg.Pool", ErasedMeanwhile()), master, cache)
    await reader.open([key_id])
    assert len(cache) == 0
    assert isinstance((await KeyStore(key_pool, master, cache).open([key_id]))[key_id], KeyDestroyed)


async def test_a_store_with_the_wrong_master_key_says_so(
    keys: KeyStore, key_pool: asyncpg.Pool, tmp_path: Path
) -> None:
    found = await keys.ensure(owners(1))
    stranger = KeyStore(key_pool, create_master_key(tmp_path / "another.key"))
    with pytest.raises(MasterKeyMissing):
        await stranger.open([key.key_id for key in found.values()])


async def test_processes_that_start_together_install_one_schema(database: str) -> None:
    pool = await open_key_pool(database, max_size=8)

    async def install() -> None:
        async with pool.acquire() as connection:
            await install_key_store(connection)

    await asyncio.gather(*(install() for _ in range(8)))
    assert await pool.fetchval("select count(*) from privacy.person_key") == 0
    await pool.close()


async def test_an_owner_that_is_neither_person_nor_refusal_is_refused(keys: KeyStore) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await keys.ensure(["110105194912310021"])


async def until_somebody_waits_for_a_transaction(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await pool.fetchval(  # noqa: ASYNC110 - the database has no event to wait for
            "select exists (select from pg_locks where locktype = 'transactionid' and not granted)"
        ):
            await asyncio.sleep(0.005)
