"""A key store in a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from libs.privacy import KeyStore, MasterKeyRing, create_master_key, install_key_store, open_key_pool


@pytest.fixture
async def key_pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_key_pool(database, max_size=16)
    async with pool.acquire() as connection:
        await install_key_store(connection)
    yield pool
    await pool.close()


@pytest.fixture
def master_path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


@pytest.fixture
def master(master_path: Path) -> MasterKeyRing:
    return create_master_key(master_path)


@pytest.fixture
def keys(key_pool: asyncpg.Pool, master: MasterKeyRing) -> KeyStore:
    return KeyStore(key_pool, master)


@pytest.fixture
def statements() -> list[str]:
    """What the `watched` store has sent."""
    return []


@pytest.fixture
async def watched(
    database: str, key_pool: asyncpg.Pool, master: MasterKeyRing, statements: list[str]
) -> AsyncIterator[KeyStore]:
    """A second process's key store, whose statements are noted."""
    pool = await open_key_pool(database, max_size=1)
    async with pool.acquire() as connection:
        # A connection's first statement with arrays makes the driver look up their types.
        await connection.fetch("select $1::text[], $2::uuid[], $3::bytea[]", [], [], [])
        connection.add_query_logger(lambda record: statements.append(record.query))
    yield KeyStore(pool, master)
    await pool.close()
