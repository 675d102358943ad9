"""What destruction leaves behind: in the table's file, and under a retired master key."""

from pathlib import Path
from typing import cast
from uuid import uuid4

import asyncpg
import pytest

from libs.privacy import KeyDestroyed, KeyStore, MasterKeyMissing, MasterKeyRing, read_master_key
from libs.privacy.master_key import (
    WrappedKey,
    activate_master_key,
    add_master_key,
    retire_master_key,
)


async def test_after_scrubbing_no_byte_of_a_destroyed_key_is_in_the_file(
    keys: KeyStore, key_pool: asyncpg.Pool
) -> None:
    people = [f"p_{uuid4().hex}" for _ in range(300)]
    await keys.ensure(people)
    wrapped = {
        row["owner"]: row["wrapped_key"] for row in await key_pool.fetch("select * from privacy.person_key")
    }
    erased, kept = people[100:], people[:100]
    before = await file_of_the_table(key_pool)
    assert all(wrapped[owner] in before for owner in people)

    async with key_pool.acquire() as reader, reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("select count(*) from privacy.person_key")
        # The vacuum of each destruction can remove nothing that this old snapshot may still look at.
        for owner in erased:
            await keys.destroy(owner)
    await keys.scrub()

    content = await file_of_the_table(key_pool)
    assert not any(wrapped[owner] in content for owner in erased)
    assert all(wrapped[owner] in content for owner in kept)


async def test_a_vacuum_that_fails_does_not_undo_or_hide_the_destruction(
    keys: KeyStore, key_pool: asyncpg.Pool, master: MasterKeyRing
) -> None:
    owner = f"p_{uuid4().hex}"
    key = (await keys.ensure([owner]))[owner]

    class NoVacuum:
        async def fetchval(self, query: str, *arguments: object) -> object:
            return await key_pool.fetchval(query, *arguments)

        async def execute(self, query: str) -> None:
            raise asyncpg.LockNotAvailableError("somebody holds the table")

    assert await KeyStore(cast("asyncpg.Pool", NoVacuum()), master).destroy(owner) is True
    opened = await KeyStore(key_pool, master).open([key.key_id])
    assert isinstance(opened[key.key_id], KeyDestroyed)


async def test_rewrapping_moves_every_live_key_so_that_the_old_master_key_can_go(
    keys: KeyStore, key_pool: asyncpg.Pool, master: MasterKeyRing, master_path: Path
) -> None:
    people = [f"p_{uuid4().hex}" for _ in range(25)]
    found = await keys.ensure(people)
    from_a_backup = await key_pool.fetchrow("select * from privacy.person_key where owner = $1", people[0])
    assert from_a_backup is not None
    await keys.destroy(people[0])
    new = add_master_key(master_path)
    activate_master_key(master_path, new)
    rotated = KeyStore(key_pool, read_master_key(master_path))

    assert await rotated.master_keys_in_use() == {master.active: 24}
    assert await rotated.rewrap(batch=10) == 24
    assert await rotated.rewrap(batch=10) == 0
    in_use = await rotated.master_keys_in_use()
    assert in_use == {new: 24}

    retire_master_key(master_path, master.active, in_use)
    ring = read_master_key(master_path)
    survivors = await KeyStore(key_pool, ring).open([found[owner].key_id for owner in people])
    assert all(survivors[found[owner].key_id] == found[owner] for owner in people[1:])
    assert isinstance(survivors[found[people[0]].key_id], KeyDestroyed)
    with pytest.raises(MasterKeyMissing):
        ring.unwrap(
            WrappedKey(
                from_a_backup["key_id"].hex,
                people[0],
                from_a_backup["master_key_id"],
                from_a_backup["wrapped_key"],
            )
        )


async def file_of_the_table(pool: asyncpg.Pool) -> bytes:
    """The table's bytes on disk, after a checkpoint has written them."""
    await pool.execute("checkpoint")
    content: bytes = await pool.fetchval(
        "select pg_read_binary_file(pg_relation_filepath('privacy.person_key'))"
    )
    return content
