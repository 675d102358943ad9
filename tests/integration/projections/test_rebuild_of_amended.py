"""What was parked, then patched or annulled in the open, means the same to a rebuild as it meant to live."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from libs.contracts import Event, encode
from libs.contracts.intake import ClaimRegistered
from libs.contracts.operations import Amendment, EventAnnulled, EventPatched
from libs.eventlog import Recorded, Source
from libs.eventlog.read import read_subject
from services.projections.adapters.event_tables import TableSource
from services.projections.domain.pace import Pace
from services.projections.read_model import CLAIMS, ReadModel
from services.projections.use_cases.rebuild import Outcome, Request, rebuild
from tests.integration.projections.claim_logs import SHARDS, Follower, Logs, following, open_logs, reference
from tests.unit.adjudication.heard_events import registered, withdrawn

_REQUEST = Request(Pace(None, 1_000_000))


@pytest.fixture
async def logs(database: str) -> AsyncIterator[Logs]:
    async with open_logs(database) as logs:
        yield logs


@pytest.fixture
async def live(database: str, logs: Logs) -> AsyncIterator[Follower]:
    async with following(database) as follower:
        yield follower


async def rebuilt(database: str, **request: Any) -> Outcome:
    def tables(pool: Any, model: ReadModel) -> Mapping[str, Source]:
        return {name: TableSource(pool, name, model.handled_types) for name in model.subscriptions}

    return await rebuild(database, CLAIMS, Request(_REQUEST.pace, **request), tables, None)


def a_claim(claim_id: str) -> ClaimRegistered:
    claim = registered(claim_id)
    assert isinstance(claim, ClaimRegistered)
    return claim


async def told_unreadable(logs: Logs, claim: ClaimRegistered) -> Recorded:
    """The claim is registered without its settlement, and withdrawn: the second event waits behind the first."""
    without = ClaimRegistered.model_construct(**dict(claim) | {"settlement": None})
    events: list[Event] = [without, withdrawn(claim.claim_id, person_id=claim.person_id)]
    await logs.tell_raw("intake", f"claim-{claim.claim_id}", events)
    return await _recorded(logs, claim)


async def _recorded(logs: Logs, claim: ClaimRegistered) -> Recorded:
    log = logs.by_source["intake"]
    async with log.pool.acquire() as connection:
        found = [
            event
            for shard in range(SHARDS)
            for event in await read_subject(connection, "intake", shard, claim.subject())
        ]
    return found[0]


async def amend(logs: Logs, amendment: type[Amendment], event: Recorded, key: str, **more: Any) -> None:
    made = amendment(
        event_id=str(event.event_id), shard=event.shard, position=event.position, event_type=event.type,
        about=event.subject, event_hash=event.hash.hex(), ordered_by=key, why_digest="00", **more,
    )  # fmt: skip
    await logs.tell_raw("intake", f"amendment-{event.event_id}", [made])


async def patch(logs: Logs, claim: ClaimRegistered, event: Recorded) -> None:
    body = orjson.loads(encode(claim))
    await amend(
        logs, EventPatched, event, claim.person_id, patched=body, patched_version=claim.schema_version,
        proposed_by="op-1", approved_by="op-2", approved_at=logs.clock(),
    )  # fmt: skip


async def waiting(live: Follower) -> list[tuple[str, str]]:
    rows = await live.log.pool.fetch("select subject, status from parked order by subject, id")
    return [(row["subject"], row["status"]) for row in rows]


async def test_a_rebuild_reads_patched_events_patched_and_passes_annulled_ones_over(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(8)
    patched, void = a_claim("patched"), a_claim("void")
    broken, empty = await told_unreadable(logs, patched), await told_unreadable(logs, void)
    await live.follow()
    assert await waiting(live) == [
        (f"claim-{name}", "parked") for name in ("patched", "patched", "void", "void")
    ]
    await patch(logs, patched, broken)
    await amend(logs, EventAnnulled, empty, void.person_id, annulled_by="op-1", annulled_at=logs.clock())
    await live.follow()
    before, history = await live.everything(), await waiting(live)
    assert history == [
        ("claim-patched", "retried"), ("claim-patched", "retried"),
        ("claim-void", "annulled"), ("claim-void", "retried"),
    ]  # fmt: skip
    assert (await rebuilt(database, check=True)).differences == {}
    await rebuilt(database)
    assert await live.everything() == before == await reference(database)
    assert await waiting(live) == history
    hospital = await live.log.pool.fetchval("select hospital_id from claim where claim_id = 'patched'")
    assert hospital == patched.visit.hospital_id


async def test_what_a_patch_has_not_helped_keeps_its_patch_when_the_generation_goes_live(
    database: str, logs: Logs, live: Follower
) -> None:
    claim = a_claim("twice")
    broken = await told_unreadable(logs, claim)
    await amend(
        logs, EventPatched, broken, claim.person_id, patched={"still": "wrong"}, patched_version=1,
        proposed_by="op-1", approved_by="op-2", approved_at=logs.clock(),
    )  # fmt: skip
    await live.follow()
    of_live = await _substitutes(live)
    assert of_live == [('{"still":"wrong"}', False), (None, False)]
    await live.log.pool.execute("delete from parked")  # as if the code that ran until now could read it
    await rebuilt(database)
    assert await _substitutes(live) == of_live


async def test_a_check_of_what_was_amended_answers_in_json_and_logs_beside_it(
    database: str, logs: Logs, live: Follower
) -> None:
    claim = a_claim("patched")
    await patch(logs, claim, await told_unreadable(logs, claim))
    await live.follow()
    check = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.projections.entrypoints.rebuild", "claims", "--check", "--json"),
        env={**os.environ, "HUIJI_DATABASE_URL": database},
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answer, logged = await check.communicate()
    assert check.returncode == 0, logged
    (compared,) = orjson.loads(answer)
    assert (compared["model"], compared["differences"]) == ("claims", {})
    assert b"rebuild_batch_by_consumer" in logged


async def _substitutes(live: Follower) -> list[tuple[str | None, bool]]:
    rows = await live.log.pool.fetch(
        "select convert_from(substitute, 'UTF8') as body, due from parked where status = 'parked' order by position"
    )
    return [(row["body"], row["due"]) for row in rows]
