"""An erasure that completes while somebody enrols the same person: what is recorded afterwards can be read."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from libs.contracts.enrolment import CoverageActivated
from libs.eventlog import EventLog, States, read
from libs.eventlog.database import open_pool
from libs.privacy import KeyStore, Sealer, create_master_key, install_key_store, open_key_pool
from libs.runtime.clock import new_id, utc_now
from services.enrolment.domain.commands import Erase
from services.enrolment.domain.state import Person, Terms, evolve, initial
from services.enrolment.use_cases.command_people import CommandPeople, Done
from services.enrolment.use_cases.destroy_keys import DestroyKeys
from services.enrolment.use_cases.enrol import Enrol, Item
from services.enrolment.use_cases.identities import Identities, SealedIdentity

MIGRATIONS = Path(__file__).parents[3] / "services" / "enrolment" / "migrations"
PERSON_ID = "p_" + "7" * 32
IDENTITY = {"name": "测试甲"}


class InterruptedIdentities(Identities):
    """Once, right after a seal is made, something else happens."""

    def interrupt(self, interruption: Any) -> None:
        object.__setattr__(self, "_interruption", interruption)

    async def seal(self, people: Sequence[tuple[str, Any]]) -> list[SealedIdentity]:
        made = await super().seal(people)
        interruption = getattr(self, "_interruption", None)
        if interruption is not None:
            object.__setattr__(self, "_interruption", None)
            await interruption()
        return made


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    pool = await open_pool(database, "enrolment", size=6)
    made = EventLog(pool, "enrolment", 2, utc_now, new_id)
    await made.prepare([MIGRATIONS])
    yield made
    await pool.close()


@pytest.fixture
async def keys(database: str, tmp_path: Path) -> AsyncIterator[KeyStore]:
    connection = await asyncpg.connect(database)
    await install_key_store(connection)
    await connection.close()
    pool = await open_key_pool(database, max_size=4)
    yield KeyStore(pool, create_master_key(tmp_path / "master.key"))
    await pool.close()


def replica(log: EventLog, identities: Identities) -> CommandPeople:
    return CommandPeople(log, States[Person]("enrolment", initial, evolve), identities, lambda: None)


def enrol(premium_fen: int = 1) -> Item:
    terms = Terms(
        plan_id="demo-generic",
        tier=None,
        covered_from=date(2026, 1, 1),
        covered_to=date(2026, 12, 31),
        scheme="resident",
        pre_existing=False,
        pre_existing_reason=None,
        groups=(),
        continuous_years=1,
        claim_free_years=0,
        premium_fen=premium_fen,
        premium_payer="self",
    )
    return Enrol(PERSON_ID, terms, IDENTITY)


async def test_a_seal_made_before_the_erasure_is_made_again_after_it(log: EventLog, keys: KeyStore) -> None:
    calm = replica(log, Identities(keys, Sealer(keys)))
    identities = InterruptedIdentities(keys, Sealer(keys))

    async def erased_meanwhile() -> None:
        await calm.process([Erase(PERSON_ID, "operator:7", utc_now())])
        assert await DestroyKeys(log, States("enrolment", initial, evolve), keys).step() == 1

    identities.interrupt(erased_meanwhile)
    (outcome,) = await replica(log, identities).process([enrol()])
    assert isinstance(outcome, Done)
    assert outcome.happened
    async with log.pool.acquire() as connection:
        recorded = [
            one for shard in range(2) for one in await read.read_shard(connection, "enrolment", shard, 0, 9)
        ]
    newest = recorded[-1].decode()
    assert isinstance(newest, CoverageActivated)
    assert await Identities(keys, Sealer(keys)).open(PERSON_ID, newest.identity) == IDENTITY
