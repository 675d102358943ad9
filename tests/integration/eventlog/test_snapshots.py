"""With snapshots, without them, with wrong ones: what is loaded is the same."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx2
import msgspec
import pytest
import structlog
from fastapi import FastAPI

from libs.contracts import Event
from libs.eventlog import EventLog, Loaded, States
from libs.eventlog.snapshots import (
    SnapshotPolicy,
    Snapshots,
    count_snapshots,
    digest_of,
    drop_snapshots,
    read_snapshot,
    snapshot_streams,
)
from libs.eventlog.stage import Instruction, Stage
from libs.eventlog.state_codec import StateCodec
from libs.proof.snapshots import check_snapshots, rebuild_snapshots
from libs.runtime.amendments import amendments_router
from libs.runtime.problems import install_problems
from libs.runtime.staff import operator_desk
from libs.testing.staff import a_staff, shown_by
from tests.support.kernel import all_events, open_log, watch
from tests.support.ticks import Ticked, stream_of, tick

Told = tuple[int, ...]


def evolve(told: Told, event: Event) -> Told:
    assert isinstance(event, Ticked)
    return (*told, event.number)


def tell(told: Told, command: Ticked) -> list[Event]:
    """A command with the number 0 tells nothing."""
    return [tick(command.claim_id, len(told) + more) for more in range(1, command.number + 1)]


def a_stage(every: int | None = 4, *, fold_version: int = 1, longer_than: int = 0) -> Stage[Told, Ticked]:
    """A process that knows nothing yet."""
    snapshots = None
    if every is not None:
        snapshots = Snapshots(StateCodec(Told), fold_version, SnapshotPolicy(every, longer_than))
    states: States[Told] = States("ours", lambda stream_id: (), evolve, snapshots=snapshots)
    return Stage(states, tell)


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "ours", size=1) as log:
        yield log


async def happen(log: EventLog, stage: Stage[Told, Ticked], *claims: str, each: int = 1) -> None:
    async with log.transaction() as work:
        await stage.apply(work, [Instruction(stream_of(claim), tick(claim, each)) for claim in claims])


async def loaded(log: EventLog, stage: Stage[Told, Ticked], *claims: str) -> dict[str, Loaded[Told]]:
    async with log.pool.acquire() as connection:
        return await stage.states.load(connection, [stream_of(claim) for claim in claims])


async def test_a_new_process_reads_the_snapshot_and_what_came_after_in_one_statement(log: EventLog) -> None:
    stage = a_stage(every=4)
    for _ in range(6):
        await happen(log, stage, "long")
    await happen(log, stage, "short")
    sent = await watch(log)
    fresh = a_stage(every=4)
    found = await loaded(log, fresh, "long", "short", "unknown")
    assert len(sent) == 1, sent
    assert found == {
        "claim-long": Loaded((1, 2, 3, 4, 5, 6), 6),
        "claim-short": Loaded((1,), 1),
        "claim-unknown": Loaded((), 0),
    }
    assert fresh.states.snapshots is not None
    assert fresh.states.snapshots.used_total == 1
    async with log.pool.acquire() as connection:
        snapshot = await read_snapshot(connection, "claim-long")
    assert snapshot is not None
    assert snapshot.linked
    assert snapshot.is_whole
    assert (snapshot.draft.version, msgspec.msgpack.decode(snapshot.draft.state)) == (4, [1, 2, 3, 4])


async def test_a_batch_that_jumps_over_a_threshold_keeps_the_state_at_its_end(log: EventLog) -> None:
    stage = a_stage(every=4, longer_than=8)
    await happen(log, stage, "c1", each=7)  # passes 4, but is not long yet
    async with log.pool.acquire() as connection:
        assert await snapshot_streams(connection) == []
    await happen(log, stage, "c1", "c1", each=3)
    async with log.pool.acquire() as connection:
        snapshot = await read_snapshot(connection, "claim-c1")
    assert snapshot is not None
    assert snapshot.draft.version == 13


async def test_without_a_policy_none_is_taken_and_none_is_read(log: EventLog) -> None:
    await happen(log, a_stage(every=2), "c1", each=2)
    await tamper(log, "state = '\\x00', digest = ''")
    assert await loaded(log, a_stage(None), "c1") == {"claim-c1": Loaded((1, 2), 2)}
    await happen(log, a_stage(None), "c2", each=9)
    async with log.pool.acquire() as connection:
        assert await snapshot_streams(connection) == ["claim-c1"]


async def tamper(log: EventLog, changes: str, *, digest: bool = False) -> None:
    """Change what is kept; whoever can do so can make its digest anew."""
    async with log.pool.acquire() as connection:
        await connection.execute(f"update snapshot set {changes}")
        if digest:
            for stream_id in await snapshot_streams(connection):
                snapshot = await read_snapshot(connection, stream_id)
                assert snapshot is not None
                made = digest_of(snapshot.draft, snapshot.hash)
                await connection.execute(
                    "update snapshot set digest = $1 where stream_id = $2", made, stream_id
                )


@pytest.mark.parametrize(
    ("changes", "digest", "reason"),
    [
        ("state = '\\x9163'", False, "not_as_written"),
        ("version = 3", False, "not_of_this_log"),
        ("version = 9", True, "not_of_this_log"),
        ("hash = '\\x00'", True, "not_of_this_log"),
        ("state = '\\x00'", True, "unreadable"),
    ],
)
async def test_one_that_was_changed_is_passed_over_said_and_replaced(
    log: EventLog, changes: str, digest: bool, reason: str
) -> None:
    await happen(log, a_stage(every=4), "c1", "c2", each=4)
    await tamper(log, changes, digest=digest)
    await happen(log, a_stage(None), "c1")
    with structlog.testing.capture_logs() as said:
        fresh = a_stage(every=4)
        found = await loaded(log, fresh, "c1", "c2")
    assert found == {"claim-c1": Loaded((1, 2, 3, 4, 5), 5), "claim-c2": Loaded((1, 2, 3, 4), 4)}
    assert [(one["event"], one["reason"]) for one in said] == [("snapshot_passed_over", reason)] * 2
    assert fresh.states.snapshots is not None
    assert fresh.states.snapshots.passed_over_total == 2
    await happen(log, fresh, "c1", each=3)
    await happen(log, fresh, "c2", each=4)
    checked = await check(log)
    assert (checked.status, checked.counted["snapshots"]) == ("holds", 2)


async def check(log: EventLog, fold_version: int = 1) -> Any:
    async with log.pool.acquire() as connection:
        return await check_snapshots(connection, "ours", a_stage(fold_version=fold_version).states)


async def test_old_and_new_code_beside_each_other_never_read_each_others(log: EventLog) -> None:
    old, new = a_stage(every=2, fold_version=1), a_stage(every=2, fold_version=2)
    for turn in range(8):
        await happen(log, old if turn % 3 else new, "c1")
        for version, process in ((1, a_stage(every=2)), (2, a_stage(every=2, fold_version=2))):
            assert (await loaded(log, process, "c1"))["claim-c1"].version == turn + 1
            checked = await check(log, version)
            assert checked.status == "holds"
            snapshots = process.states.snapshots
            assert snapshots is not None
            assert snapshots.used_total == checked.counted["snapshots"]
            assert snapshots.passed_over_total == 0


async def test_a_replay_finds_which_snapshot_is_wrong_where_and_since_when(log: EventLog) -> None:
    await happen(log, a_stage(every=4), "right", "wrong", each=4)
    async with log.pool.acquire() as connection:
        await connection.execute(
            "update snapshot set state = '\\x94010203ff' where stream_id = 'claim-wrong'"
        )
        await connection.execute(
            "update snapshot set state = '\\x9401020308' where stream_id = 'claim-wrong'"
        )
    broken = await check(log)
    assert [one.rule for one in broken.findings] == ["snapshot_is_as_written", "snapshot_is_fold"]
    (event,) = [one for one in await all_events(log) if (one.stream_id, one.version) == ("claim-wrong", 4)]
    for finding in broken.findings:
        assert finding.about == "ours claim-wrong version 4"
        assert finding.where == f"ours/{event.shard}/{event.position} Ticked"
        assert finding.since == event.recorded_at.isoformat()
    assert broken.findings[1].sentence == "its events are folded to something else at 3"
    async with log.pool.acquire() as connection:
        assert await rebuild_snapshots(connection, "ours", a_stage().states) == {
            "rebuilt": 2, "unreadable": 0,
        }  # fmt: skip
    assert (await check(log)).status == "holds"


async def test_a_rebuild_keeps_the_state_at_the_newest_event_by_this_fold(log: EventLog) -> None:
    await happen(log, a_stage(every=4), "c1", each=4)
    await happen(log, a_stage(None), "c1", each=2)
    async with log.pool.acquire() as connection:
        await rebuild_snapshots(connection, "ours", a_stage(fold_version=2).states)
        snapshot = await read_snapshot(connection, "claim-c1")
        assert snapshot is not None
        assert (snapshot.draft.version, snapshot.draft.fold_version) == (6, 2)
        counted = {"fold_version": 2, "snapshots": 1, "bytes": 7, "longest": 6}
        assert await count_snapshots(connection) == [counted]
        assert await drop_snapshots(connection) == 1
    assert await loaded(log, a_stage(fold_version=2), "c1") == {"claim-c1": Loaded((1, 2, 3, 4, 5, 6), 6)}


async def amend(log: EventLog, claim_id: str, version: int) -> int:
    """An operator annuls an event of a claim; 409: it is annulled already."""
    (event,) = [
        one for one in await all_events(log) if (one.stream_id, one.version) == (stream_of(claim_id), version)
    ]
    app = FastAPI()
    install_problems(app)
    app.include_router(amendments_router(log, operator_desk(a_staff())))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://ours") as http:
        path = f"/amendments/{event.shard}/{event.position}/annul"
        return (await http.post(path, json={"why": "a test"}, headers=shown_by("op-1"))).status_code


async def test_of_a_stream_with_an_amended_event_nothing_is_kept_any_more(database: str) -> None:
    async with open_log(database, "ours") as log:
        stage = a_stage(every=2)
        await happen(log, stage, "c1", "c2", each=4)
        assert await amend(log, "c1", 3) == 200
        async with log.pool.acquire() as connection:
            assert await snapshot_streams(connection) == ["claim-c2"]
        # The process still has the state in its memory, and passes another threshold.
        await happen(log, stage, "c1", "c2", each=2)
        async with log.pool.acquire() as connection:
            assert await snapshot_streams(connection) == ["claim-c2"]
            assert await drop_snapshots(connection) == 1
            (amended,) = await count_snapshots(connection)
            assert (amended["fold_version"], amended["snapshots"]) == (0, 1)
        assert (await loaded(log, a_stage(every=2), "c1"))["claim-c1"] == Loaded((1, 2, 3, 4, 5, 6), 6)


async def test_a_snapshot_is_gone_when_its_transaction_is(log: EventLog) -> None:
    stage = a_stage(every=2)

    async def crash(*_: object) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        async with log.transaction(before_commit=crash) as work:
            await stage.apply(work, [Instruction(stream_of("c1"), tick("c1", 2))])
    async with log.pool.acquire() as connection:
        assert await snapshot_streams(connection) == []


async def test_what_is_taken_back_of_a_unit_of_work_is_not_kept(log: EventLog) -> None:
    stage = a_stage(every=2)
    async with log.transaction() as work:
        mark = work.mark()
        await stage.apply(work, [Instruction(stream_of("c1"), tick("c1", 2))])
        assert work.go_back(mark)
        await stage.apply(work, [Instruction(stream_of("c1"), tick("c1", 1))])
    async with log.pool.acquire() as connection:
        assert await snapshot_streams(connection) == []


async def test_a_state_that_was_doubted_is_read_from_the_first_event(log: EventLog) -> None:
    """A decision that failed gets its second chance with what the log says, not with what somebody once made of it."""
    await happen(log, a_stage(every=4), "c1", each=4)
    await tamper(log, "state = '\\x9163'", digest=True)
    fresh = a_stage(every=4)
    assert (await loaded(log, fresh, "c1"))["claim-c1"] == Loaded((99,), 4)
    fresh.states.forget(stream_of("c1"))
    assert (await loaded(log, fresh, "c1"))["claim-c1"] == Loaded((1, 2, 3, 4), 4)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_loads_with_and_without_snapshots_are_the_same(
    database: str, seed: int
) -> None:
    """Histories of any shape, any thresholds, processes that come and go, batches that fail, amendments."""
    rng = Random(seed)
    claims = [f"c{number}" for number in range(5)]
    every, longer_than = rng.randint(1, 7), rng.choice([0, 0, 5, 12])

    def a_process() -> Stage[Told, Ticked]:
        fold_version = rng.choice([1, 1, 1, 2])
        return a_stage(rng.choice([every, every, None]), fold_version=fold_version, longer_than=longer_than)

    async with open_log(database, "ours") as log:
        stage = a_process()
        for _ in range(40):
            match rng.randrange(8):
                case 0:
                    stage = a_process()
                case 1:
                    with pytest.raises(ZeroDivisionError):
                        await fail_after(log, stage, rng.sample(claims, 2), each=rng.randint(1, 5))
                    stage.states.clear()
                case 2 if rng.random() < 0.3 and (events := await all_events(log)):
                    one = rng.choice(events)
                    if one.type == "Ticked":
                        claim_id = one.stream_id.removeprefix("claim-")
                        assert await amend(log, claim_id, one.version) in (200, 409)
                case _:
                    some = rng.choices(claims, k=rng.randint(1, 4))
                    await happen(log, stage, *some, each=rng.randint(0, 5))
            with_them = await loaded(log, a_stage(every, longer_than=longer_than), *claims)
            assert with_them == await loaded(log, a_stage(None), *claims)
            assert with_them == await loaded(log, stage, *claims)
        assert (await check(log)).status == (await check(log, 2)).status == "holds"


async def fail_after(log: EventLog, stage: Stage[Told, Ticked], claims: list[str], each: int) -> None:
    """A batch whose transaction is lost after everything was written."""

    async def crash(*_: object) -> None:
        raise ZeroDivisionError

    async with log.transaction(before_commit=crash) as work:
        await stage.apply(work, [Instruction(stream_of(claim), tick(claim, each)) for claim in claims])
