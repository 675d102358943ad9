"""The key store: one data key per person in PostgreSQL, wrapped under a master key that the database never sees."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg
import structlog

from libs.privacy.errors import KeyBroken, KeyContention, KeyDestroyed, KeyUnknown
from libs.privacy.key_cache import KeyCache, KeyCacheSettings
from libs.privacy.master_key import MasterKeyRing, WrappedKey
from libs.privacy.sealing import KEY_BYTES, DataKey

if TYPE_CHECKING:  # the driver's classes are generic for type checkers only
    from asyncpg.pool import PoolConnectionProxy

    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

Opening = DataKey | KeyDestroyed | KeyUnknown | KeyBroken
"""What `open` says of one key: the key, or the typed reason why not (a value here, so a batch survives it)."""

KEYS_PER_STATEMENT = 1_000
ENSURE_ATTEMPTS = 5
REWRAP_BATCH = 500
POOL_SIZE = 4
STATEMENT_TIMEOUT_SECONDS = 30.0
SCRUB_TIMEOUT_SECONDS = 3_600.0

_HERE = Path(__file__).parent
_ENSURE, _DESTROY, _NEXT_TO_REWRAP, _REWRAP = (
    (_HERE / "sql" / f"{name}.sql").read_text()
    for name in ("ensure_keys", "destroy_key", "next_to_rewrap", "rewrap")
)
_OPEN = (
    "select key_id, owner, master_key_id, wrapped_key from privacy.person_key where key_id = any($1::uuid[])"
)
_LIVE = (
    "select key_id, owner, master_key_id, wrapped_key from privacy.person_key"
    " where owner = any($1::text[]) and wrapped_key is not null"
)
# Any fixed number of our own: it serialises the services that start together.
_MIGRATION_LOCK = 0x6875696A69

_log = structlog.get_logger(__name__)


async def open_key_pool(database_url: str, max_size: int = POOL_SIZE) -> Pool:
    """A pool for one KeyStore. Close it after use."""
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=max_size,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        # Looking up keys by index never gains from compiling; with it on, the driver spends two statements per
        # new connection on switching it off.
        server_settings={"jit": "off"},
        # The pool would spend a round trip per call on resetting a session in which we never set anything.
        reset=_leave_as_it_is,
    )


async def install_key_store(connection: Connection) -> None:
    """Create the schema `privacy`; does nothing when it is there. Safe from many processes at once."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
        for migration in sorted((_HERE / "migrations").glob("*.sql")):
            await connection.execute(migration.read_text())


class KeyStore:
    """Keys by owner (`p_<32 hex>`, or `r_<refusal id>` where the person is unknown) and by key id (32 hex).

    Every call takes its own connection of `pool` and its own transaction; give it a pool of its own
    (`open_key_pool`), or a caller that holds a connection of the same pool can wait for itself. One store per
    process and event loop.
    """

    def __init__(
        self,
        pool: Pool,
        master: MasterKeyRing,
        cache: KeyCache | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._pool = pool
        self._master = master
        self._cache = KeyCache(KeyCacheSettings()) if cache is None else cache
        self._random = random

    async def ensure(self, owners: Collection[str]) -> dict[str, DataKey]:
        """The live key of every owner, created where there is none.

        No statement when all are cached, else one per 1,000 owners, one more per 1,000 who have none, and yet one more
        in the rare case that another process created some of them during ours. Asked first, because nearly everybody
        has a key: making another for them, to throw it away, was a tenth of filing a claim.
        """
        found = {owner: key for owner in owners if (key := self._cache.of_owner(owner)) is not None}
        for batch in _batches(sorted(set(owners) - found.keys())):
            found |= await self._live_batch(batch)
        for batch in _batches(sorted(set(owners) - found.keys())):
            found |= await self._ensure_batch(batch)
        return found

    async def open(self, key_ids: Collection[str]) -> dict[str, Opening]:
        """Each key, or why there is none, by id. One statement per 1,000 ids that are not cached."""
        opened: dict[str, Opening] = {
            key_id: key for key_id in key_ids if (key := self._cache.of_id(key_id)) is not None
        }
        missing = sorted(set(key_ids) - opened.keys())
        for batch in _batches(missing):
            opened |= await self._open_batch(batch)
        return opened

    async def destroy(self, owner: str) -> bool:
        """Destroy the live key of `owner` for good; False when there was none. Others still cache it: tell them.

        The vacuum afterwards is best effort: see docs/privacy.md on what remains in the write-ahead log.
        """
        key_id = await self._pool.fetchval(_DESTROY, owner)
        self.forget(owner)
        if key_id is None:
            return False
        await self._vacuum()
        return True

    def forget(self, owner: str) -> None:
        """Drop the owner's key from this process. To be called for every PersonErased that arrives."""
        self._cache.forget(owner)

    async def rewrap(self, batch: int = REWRAP_BATCH) -> int:
        """Wrap every live key under the active master key; how many were changed. Can be repeated after a crash."""
        rewrapped, last = 0, UUID(int=0)
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(_NEXT_TO_REWRAP, last, self._master.active, batch)
                if not rows:
                    return rewrapped
                await connection.execute(_REWRAP, *self._rewrapped(rows), self._master.active)
            rewrapped, last = rewrapped + len(rows), rows[-1]["key_id"]

    async def master_keys_in_use(self) -> dict[str, int]:
        """How many live keys each master key wraps: one that wraps none can be retired."""
        rows = await self._pool.fetch(
            "select master_key_id, count(*) from privacy.person_key where wrapped_key is not null group by 1"
        )
        return {row["master_key_id"]: row["count"] for row in rows}

    async def scrub(self) -> None:
        """Rewrite the table's file, so that no byte of a destroyed key is left in it. Locks the table meanwhile."""
        await self._pool.execute("vacuum (full) privacy.person_key", timeout=SCRUB_TIMEOUT_SECONDS)

    async def _live_batch(self, owners: Sequence[str]) -> dict[str, DataKey]:
        read_since = self._cache.forgettings()
        rows = await self._pool.fetch(_LIVE, owners)
        keys = {row["owner"]: self._master.unwrap(_stored(row)) for row in rows}
        self._cache.keep(keys.items(), read_since)
        return keys

    async def _ensure_batch(self, owners: Sequence[str]) -> dict[str, DataKey]:
        made = [self._made() for _ in owners]
        candidates = [
            self._master.wrap(owner, key, self._random) for owner, key in zip(owners, made, strict=True)
        ]
        # What comes back under an id of ours is what we made: it need not be unwrapped.
        ours = {key.key_id: key for key in made}
        keys: dict[str, DataKey] = {}
        read_since = self._cache.forgettings()
        for _ in range(ENSURE_ATTEMPTS):
            rows = await self._pool.fetch(
                _ENSURE,
                [candidate.owner for candidate in candidates],
                [candidate.key_id for candidate in candidates],
                [candidate.wrapped for candidate in candidates],
                self._master.active,
            )
            for row in rows:
                keys[row["owner"]] = ours.get(row["key_id"].hex) or self._master.unwrap(_stored(row))
            # An owner whose key was committed by another process after our snapshot began is neither inserted
            # nor seen by that statement; the next statement has a new snapshot.
            candidates = [candidate for candidate in candidates if candidate.owner not in keys]
            if not candidates:
                self._cache.keep(keys.items(), read_since)
                return keys
        raise KeyContention(len(candidates), ENSURE_ATTEMPTS)

    async def _open_batch(self, key_ids: Sequence[str]) -> dict[str, Opening]:
        read_since = self._cache.forgettings()
        rows = await self._pool.fetch(_OPEN, [UUID(key_id) for key_id in key_ids])
        opened: dict[str, Opening] = {key_id: KeyUnknown(key_id) for key_id in key_ids}
        live: list[tuple[str, DataKey]] = []
        for row in rows:
            key_id = row["key_id"].hex
            opened[key_id] = opening = self._opening(row)
            if isinstance(opening, DataKey):
                live.append((row["owner"], opening))
        self._cache.keep(live, read_since)
        return opened

    def _opening(self, row: asyncpg.Record) -> Opening:
        if row["wrapped_key"] is None:
            return KeyDestroyed(row["key_id"].hex)
        try:
            return self._master.unwrap(_stored(row))
        except KeyBroken as broken:
            return broken

    def _made(self) -> DataKey:
        return DataKey(UUID(bytes=self._random(16), version=4).hex, self._random(KEY_BYTES))

    def _rewrapped(self, rows: Sequence[asyncpg.Record]) -> tuple[list[UUID], list[bytes]]:
        ids = [row["key_id"] for row in rows]
        wrapped = [
            self._master.wrap(row["owner"], self._master.unwrap(_stored(row)), self._random).wrapped
            for row in rows
        ]
        return ids, wrapped

    async def _vacuum(self) -> None:
        try:
            # Without truncation it takes no lock that stops readers.
            await self._pool.execute("vacuum (truncate off) privacy.person_key")
        except (asyncpg.PostgresError, TimeoutError) as error:
            # The key is gone already; only its old, unreachable row version waits for autovacuum.
            _log.warning("key_store_vacuum_failed", error=type(error).__name__)


async def _leave_as_it_is(connection: Connection) -> None:
    """Stands in for the pool's reset of a session."""


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), KEYS_PER_STATEMENT):
        yield items[start : start + KEYS_PER_STATEMENT]


def _stored(row: asyncpg.Record) -> WrappedKey:
    return WrappedKey(row["key_id"].hex, row["owner"], row["master_key_id"], row["wrapped_key"])
