"""Two replicas on one database hear registrations, corrections and withdrawals at once, repeated and in any order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

import asyncpg
import pytest

from libs.contracts import Event
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.read import read_streams
from libs.interop import Submission
from libs.privacy import KeyStore, Pseudonymiser, Sealer, create_master_key, install_key_store, open_key_pool
from libs.runtime.clock import new_id, utc_now
from libs.testing.submissions import a_submission
from services.intake import __main__ as process
from services.intake.adapters.submissions import find_filed
from services.intake.domain.filing import Accepted, Asked, Filing, Original, Sending, Withdrawing
from services.intake.use_cases.file_submissions import FileSubmissions, Outcome

MIGRATIONS = Path(process.__file__).parent / "migrations"
SENDING = Sending("settlement_http", Original("application/json", b"{}"))
CLAIMS = 4
PERSON = "p_" + "0" * 32


@pytest.fixture
async def replicas(database: str, tmp_path: Path) -> AsyncIterator[list[FileSubmissions]]:
    """Two processes' worth of filing: nothing is shared but the database and the keys."""
    ring = create_master_key(tmp_path / "master.key")
    async with AsyncExitStack() as cleanup:
        connection = await asyncpg.connect(database)
        await install_key_store(connection)
        await connection.close()
        made = []
        for _ in range(2):
            pool, key_pool = await open_pool(database, "intake", size=4), await open_key_pool(database)
            cleanup.push_async_callback(pool.close)
            cleanup.push_async_callback(key_pool.close)
            keys, log = KeyStore(key_pool, ring), EventLog(pool, "intake", 2, utc_now, new_id)
            await log.prepare([MIGRATIONS])
            made.append(
                FileSubmissions(
                    log, Sealer(keys), keys, Pseudonymiser(bytes(32)), 90, wake_rejections=lambda: None
                )
            )
        yield made


def a_filing(submission: Submission, digest: str, **changes: object) -> Filing:
    return replace(Filing(submission, PERSON, digest, SENDING), **changes)  # type: ignore[arg-type]


def everything_about(number: int, random: Random) -> list[Asked]:
    """What a hospital asks about one settlement, each once or twice."""
    submission = a_submission(submission_id=f"S-{number}")
    asked: list[Asked] = [
        a_filing(submission, "A"),
        a_filing(submission, "B", corrects=True),
        a_filing(submission, "C", corrects=True),
        a_filing(submission, "A", corrects=True, based_on=2),
        a_filing(submission, "D", corrects=True, based_on=1),
    ]
    if random.random() < 0.5:
        asked.append(
            Withdrawing(submission.hospital_id, submission.submission_id, "settlement_cancelled", SENDING)
        )
    return asked * 2


async def sent(replicas: list[FileSubmissions], asked: list[Asked], random: Random) -> list[Outcome]:
    """Everything, shuffled, in small batches, all at once and to either replica."""
    random.shuffle(asked)
    batches = [asked[start : start + 3] for start in range(0, len(asked), 3)]
    answers = await asyncio.gather(*(random.choice(replicas).process(batch) for batch in batches))
    return [outcome for answer in answers for outcome in answer]


async def said_of(filing: FileSubmissions, claim_id: str) -> list[Event]:
    async with filing.log.pool.acquire() as connection:
        return [one.decode() for one in await read_streams(connection, "intake", [f"claim-{claim_id}"])]


def revisions(events: list[Event]) -> list[int]:
    return [
        event.revision if isinstance(event, ClaimCorrected) else 1
        for event in events
        if isinstance(event, ClaimRegistered | ClaimCorrected)
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_races_the_log_is_one_story_and_the_tables_agree(
    replicas: list[FileSubmissions], seed: int
) -> None:
    random = Random(seed)
    asked = [one for number in range(CLAIMS) for one in everything_about(number, random)]
    accepted: list[Accepted] = []
    for _ in range(3):
        # A correction that was ahead of its registration is unknown, and sent again.
        accepted += [one for one in await sent(replicas, asked, random) if isinstance(one, Accepted)]
    for claim_id in {one.claim_id for one in asked}:
        events = await said_of(replicas[0], claim_id)
        numbers = revisions(events)
        assert numbers == list(range(1, len(numbers) + 1))
        assert not any(isinstance(event, ClaimWithdrawn) for event in events[:-1])
        happened = [one for one in accepted if one.claim_id == claim_id and not one.replayed]
        assert len(happened) == len(events)
        async with replicas[1].log.pool.acquire() as connection:
            filing = next(one for one in asked if one.claim_id == claim_id)
            filed = (await find_filed(connection, [filing])).meeting(filing)
        assert filed is not None
        assert [one.number for one in filed.revisions] == numbers
        assert (filed.withdrawal is not None) == isinstance(events[-1], ClaimWithdrawn)
        digests = [e.submission_digest for e in events if isinstance(e, ClaimRegistered | ClaimCorrected)]
        assert digests == [one.digest for one in filed.revisions]


async def test_of_two_replicas_that_race_for_one_correction_one_makes_it(
    replicas: list[FileSubmissions],
) -> None:
    submission = a_submission()
    await replicas[0].process([a_filing(submission, "A")])
    correction = a_filing(submission, "B", corrects=True)
    answers = await asyncio.gather(*(replica.process([correction]) for replica in replicas * 4))
    outcomes = [outcome for answer in answers for outcome in answer]
    assert all(isinstance(one, Accepted) and one.revision == 2 for one in outcomes)
    assert sum(isinstance(one, Accepted) and not one.replayed for one in outcomes) == 1
    assert revisions(await said_of(replicas[0], correction.claim_id)) == [1, 2]
