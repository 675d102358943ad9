"""Originals of unknown persons are destroyed after a time, and those of known persons are left to their erasure."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from libs.contracts.intake import RefusalReason, SubmissionRefused
from libs.eventlog import EventLog, read
from libs.eventlog.database import open_pool
from libs.privacy import (
    Erased,
    KeyStore,
    Pseudonymiser,
    Sealer,
    create_master_key,
    install_key_store,
    open_key_pool,
)
from libs.runtime.clock import new_id
from services.intake.domain.filing import Original, Refused, Sending
from services.intake.domain.refusing import Refusing
from services.intake.use_cases.expire_unknown import ExpireUnknown
from services.intake.use_cases.file_submissions import FileSubmissions

MIGRATIONS = Path(__file__).parents[3] / "services" / "intake" / "migrations"
KEPT_DAYS = 30


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def log(database: str, clock: Clock) -> AsyncIterator[EventLog]:
    pool = await open_pool(database, "intake", size=3)
    made = EventLog(pool, "intake", 2, clock, new_id)
    await made.prepare([MIGRATIONS])
    yield made
    await pool.close()


@pytest.fixture
async def keys(database: str, tmp_path: Path) -> AsyncIterator[KeyStore]:
    connection = await asyncpg.connect(database)
    await install_key_store(connection)
    await connection.close()
    pool = await open_key_pool(database, max_size=2)
    yield KeyStore(pool, create_master_key(tmp_path / "master.key"))
    await pool.close()


@pytest.fixture
def filing(log: EventLog, keys: KeyStore) -> FileSubmissions:
    return FileSubmissions(
        log, Sealer(keys), keys, Pseudonymiser(bytes(32)), KEPT_DAYS, wake_rejections=lambda: None
    )


def a_refusing(content_digest: str, **changes: Any) -> Refusing:
    values: dict[str, Any] = {
        "reasons": (RefusalReason(code="missing", location="", sentence="certno is required"),),
        "sending": Sending("settlement_http", Original("application/json", b"{}")),
        "content_digest": content_digest,
        "person_id": None,
        "hospital_id": None,
        "submission_id": None,
    }
    return Refusing(**(values | changes))


async def originals(log: EventLog, keys: KeyStore) -> dict[str, dict[str, Any] | Erased]:
    """What each refusal's seal opens to, by the person or the refusal whose key it is under."""
    async with log.pool.acquire() as connection:
        recorded = [
            one for shard in range(2) for one in await read.read_shard(connection, "intake", shard, 0, 100)
        ]
    events = [event for one in recorded if isinstance(event := one.decode(), SubmissionRefused)]
    opened = await Sealer(keys).unseal_many(
        [(event.original, "SubmissionRefused.original") for event in events]
    )
    return dict(zip([event.person_id or "unknown" for event in events], opened, strict=True))


async def test_an_unknown_persons_original_is_destroyed_when_its_time_is_over(
    log: EventLog, keys: KeyStore, filing: FileSubmissions, clock: Clock
) -> None:
    person_id = "p_" + "1" * 32
    outcomes = await filing.process([a_refusing("c1"), a_refusing("c2", person_id=person_id)])
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    expire = ExpireUnknown(log, keys)
    clock.now += timedelta(days=KEPT_DAYS - 1)
    assert await expire.step() == 0
    clock.now += timedelta(days=1)
    assert await expire.step() == 1
    assert await expire.step() == 0
    found = await originals(log, keys)
    assert isinstance(found["unknown"], Erased)
    assert isinstance(found[person_id], dict)


async def test_the_same_bytes_refused_again_are_not_recorded_again(
    log: EventLog, keys: KeyStore, filing: FileSubmissions
) -> None:
    first = await filing.process([a_refusing("c1"), a_refusing("c1")])
    again = await filing.process([a_refusing("c1")])
    assert first == [again[0], again[0]]
    assert len(await originals(log, keys)) == 1
